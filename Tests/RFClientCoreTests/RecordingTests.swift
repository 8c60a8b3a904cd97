import Foundation
import NetTypes
import Netlink
import RFLib
import Testing

@testable import RFClientCore

/// `Tests/Recordings/rfclient.jsonl` was written by `rfclient --record` on a real kernel, with a real rfserver, between
/// two hosts: routes of each kind were added, a nexthop object deleted, a host's cable pulled and plugged in again,
/// its MAC address changed; then rfclient was killed. After a change of a message, record it anew.
@Suite("Replay of a recording")
struct RecordingTests {
    private func replay() throws -> (core: ClientCore, effects: [ClientEffect], table: [IPPrefix: Forwarding])
    {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Recordings/rfclient.jsonl").path
        var core = ClientCore(.init(vmID: Rig.vmID, bootID: "boot", epoch: 1))
        var effects: [ClientEffect] = []
        var table: [IPPrefix: Forwarding] = [:]
        for line in try Recorder<ClientEvent>.read(path: path) {
            for effect in core.handle(line.event, at: line.at) {
                effects.append(effect)
                guard case .send(let envelopes) = effect else { continue }
                for case .routeInfo(let info) in envelopes.flatMap(\.content) {
                    table[info.prefix] = info.forwarding
                }
            }
        }
        return (core, effects, table)
    }

    @Test("The recorded run comes to the same table again")
    func table() throws {
        let host1: MACAddress = 0x0200_0000_00AA
        let host2: MACAddress = 0x02AE_CFA6_1C93
        let (_, _, table) = try replay()
        #expect(
            table == [
                "0.0.0.0/0": Forwarding(.punt),
                "10.9.0.0/16": Forwarding(.route, port: 2, destination: host2),
                "10.11.0.0/16": Forwarding(.route, port: 1, destination: host1),
                "172.31.1.0/24": Forwarding(.punt),
                "172.31.1.1/32": Forwarding(.local),
                "172.31.1.2/32": Forwarding(.host, port: 1, destination: host1),
                "172.31.2.0/24": Forwarding(.punt),
                "172.31.2.1/32": Forwarding(.local),
                "172.31.2.2/32": Forwarding(.host, port: 2, destination: host2),
            ])
    }

    @Test("Told the same events, the core decides the same, effect by effect")
    func sameEffects() throws {
        #expect(try replay().effects == replay().effects)
    }

    @Test("The recorded run set the ports' address once each, and announced them until they were confirmed")
    func ports() throws {
        let effects = try replay().effects
        let set = effects.filter { if case .setLinkAddress = $0 { true } else { false } }
        #expect(set.count == 2)
        let frames = effects.compactMap { effect in
            if case .sendFrame(_, let bytes) = effect { MappingFrame(bytes: bytes) } else { nil }
        }
        #expect(Set(frames.map(\.vmPort)) == [1, 2])
        #expect(frames.allSatisfy { $0.source == Rig.vmID.dataAddress && $0.token != 0 })
    }
}
