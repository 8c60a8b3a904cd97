import Foundation
import NetTypes
import RFLib
import RFServerCore
import Testing

@Suite("Recordings of rfserver")
struct ReplayTests {
    @Test(
        "what --record writes, read back and told to a new core, leads to the same flows and the same table")
    func replay() throws {
        let vmID = VMID(rawValue: 0x0200_0000_00A1)
        var scene = Scene()
        scene.proxy.join(DatapathID(rawValue: 5))
        scene.vms[vmID] = .vm(vmID, at: scene.now)
        for third in 0..<50 {
            let next = Forwarding(.route, port: 2, destination: MACAddress(rawValue: 0x0200_0000_0B02))
            scene.vms[vmID]?.route(vmID, "10.0.\(third).0/24", next)
        }
        scene.pass(.seconds(5))
        scene.pass(.seconds(45), silent: [vmID])

        let path = NSTemporaryDirectory() + "rfserver-\(UUID().uuidString).jsonl"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try Recorder<ServerEvent>(path: path)
        for (event, now) in scene.told { try recorder.record(event, at: now) }

        let lines = try Recorder<ServerEvent>.read(path: path)
        #expect(lines.count == scene.told.count)
        var core = ServerCore(table: RFTable(), epoch: 1, at: .start)
        for (line, expected) in zip(lines, scene.decided) {
            let decided = core.handle(line.event, at: line.at)
            #expect(Self.kinds(decided) == Self.kinds(expected))
        }
        #expect(core.table == scene.core.table)
        #expect(core.tally == scene.core.tally)
    }

    /// What was decided, without what differs from run to run: tokens, and the order within a table.
    private static func kinds(_ effects: [ServerEffect]) -> [String] {
        effects.flatMap { effect -> [String] in
            switch effect {
            case .send(let channel, let envelopes):
                envelopes.map { "\(channel.rawValue) \($0.to) \($0.seq) \($0.kind) \($0.content.count)" }
            case .save(let changes): ["save \(changes.count)"]
            case .log(let line): ["log \(line.message)"]
            case .configureVirtualSwitch: ["virtual switch"]
            case .stop(let reason): ["stop \(reason)"]
            }
        }.sorted()
    }
}
