import NetTypes
import RFLib
import RFServerCore
import Testing

/// What rfserver says to those who ask.
@Suite struct InquiryTests {
    private static let vmID = VMID(rawValue: 0x0200_0000_00A1)
    private static let dpID = DatapathID(rawValue: 5)
    private static let asker = PeerName.rfctl(7)

    private func report(_ scene: inout Scene, _ inquiry: Inquiry) throws -> ServerReport {
        let envelope = Envelope(
            from: Self.asker, to: .rfserver, epoch: 0, toEpoch: 0, stream: 0, seq: 0, kind: .inquiry,
            content: [.inquiry(inquiry)])
        scene.handle(.ipc(.proxies, .received([envelope])))
        let sent = scene.decided.last?.compactMap { effect -> Envelope? in
            guard case .send(.proxies, let envelopes) = effect else { return nil }
            return envelopes.first { $0.to == Self.asker }
        }
        guard case .report(let report) = try #require(sent?.first).content[0] else { throw Unexpected() }
        #expect(report.id == inquiry.id)
        return try report.decoded()
    }

    private struct Unexpected: Error {}

    private func scene() -> Scene {
        var scene = Scene()
        scene.proxy.join(Self.dpID)
        scene.vms[Self.vmID] = .vm(Self.vmID, at: scene.now)
        let way = Forwarding(.route, port: 2, destination: MACAddress(rawValue: 0x0200_0000_0B02))
        scene.vms[Self.vmID]?.route(Self.vmID, "10.0.0.0/8", way)
        scene.vms[Self.vmID]?.route(Self.vmID, "0.0.0.0/0", Forwarding(.punt))
        scene.settle()
        return scene
    }

    @Test func theStateIsToldWithItsRows() throws {
        var scene = scene()
        let report = try report(&scene, Inquiry(id: 9))
        #expect(report.vms.map(\.vmID) == [Self.vmID])
        #expect(report.vms[0].isRegistered && report.vms[0].isInStep && report.vms[0].prefixes == 2)
        #expect(report.vms[0].ports == [1: false, 2: false], "no mapping frame has come")
        #expect(report.connected.map(\.dpID) == [Self.dpID])
        #expect(report.rows.filter { $0.status == .associated }.count == 2)
        #expect(report.word == nil)
    }

    @Test func whatNoVMHasIsNotNamed() throws {
        var scene = scene()
        let idle = DatapathID(rawValue: 66)
        scene.proxy.join(idle)
        scene.settle()
        #expect(scene.stored.values.contains { $0.datapath?.dpID == idle })
        let report = try report(&scene, Inquiry(id: 9))
        #expect(report.connected.map(\.dpID) == [Self.dpID])
        #expect(report.rows.map(\.datapath?.dpID) == [Self.dpID, Self.dpID])
        // Nor when rfserver starts anew, and knows of it only what is stored.
        scene.restartServer()
        let later = try self.report(&scene, Inquiry(id: 10))
        #expect(!later.rows.contains { $0.datapath?.dpID == idle })
    }

    @Test func theLongestPrefixThatWasHeardIsTold() throws {
        var scene = scene()
        func prefix(_ address: String) throws -> String? {
            let inquiry = Inquiry(id: 1, vmID: Self.vmID, destination: IPv4Address(address))
            return try report(&scene, inquiry).word.map { "\($0.prefix)" }
        }
        #expect(try prefix("10.1.2.3") == "10.0.0.0/8")
        #expect(try prefix("11.1.2.3") == "0.0.0.0/0")
    }

    @Test func askingChangesNothing() throws {
        var scene = scene()
        let (flows, rows) = (scene.flows(on: Self.dpID, of: Self.vmID), scene.core.table)
        _ = try report(&scene, Inquiry(id: 1))
        scene.settle()
        #expect(scene.flows(on: Self.dpID, of: Self.vmID) == flows)
        #expect(scene.core.table == rows)
        #expect(scene.core.tally.counts["envelope from an unknown kind of peer"] == nil)
    }
}
