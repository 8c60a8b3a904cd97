import Foundation
import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// What `--record` writes decides the same when it is read again.
@Suite struct ReplayTests {
    @Test func aRecordingReplaysToTheSameEffects() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.flow("10.0.0.1/32", .local), Bench.map(1, 11))
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 12))
        let port = FakeSwitch.port(1, of: Bench.datapath, state: .linkDown)
        if let bytes = bench.switches[id]?.change(port: port) { try bench.deliver(bytes, from: id) }
        try bench.say(Bench.flow("11.0.0.0/8"), Bench.complete)
        try bench.wait(.seconds(20))
        #expect(bench.told.count > 20)

        let path = FileManager.default.temporaryDirectory.appendingPathComponent("rf-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try Recorder<ProxyEvent>(path: path)
        for told in bench.told { try recorder.record(told.event, at: told.at) }

        var core = ProxyCore(settings: ProxySettings(), epoch: 1, at: .start)
        let lines = try Recorder<ProxyEvent>.read(path: path)
        #expect(lines.count == bench.told.count)
        for (line, told) in zip(lines, bench.told) {
            #expect(Self.sorted(core.handle(line.event, at: line.at)) == Self.sorted(told.effects))
        }
    }

    /// Sets have no order, so neither have the messages of one write.
    private static func sorted(_ effects: [ProxyEffect]) -> [String] {
        effects.map {
            switch $0 {
            case .write(let id, let bytes): "write \(id) \(bytes.readableBytes)"
            case .log(let line): "log \(line.message) \(line.ids.sorted { $0.key < $1.key })"
            default: "\($0)"
            }
        }.sorted()
    }
}
