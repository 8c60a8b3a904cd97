import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// What rfproxy says of a flow, and of the switch's own word on it.
@Suite struct InquiryTests {
    private static let asker = PeerName.rfctl(0xA5)

    private static func envelope(_ inquiry: Inquiry) -> Envelope {
        Envelope(
            from: asker, to: .rfproxy(0), epoch: 0, toEpoch: 0, stream: 0, seq: 0, kind: .inquiry,
            content: [.inquiry(inquiry)])
    }

    /// What rfproxy has answered so far.
    private static func reports(_ bench: Bench) throws -> [ProxyReport] {
        try bench.told.flatMap(\.effects).compactMap { effect -> Report? in
            guard case .send(let envelopes) = effect, envelopes.first?.to == asker,
                case .report(let report) = envelopes.first?.content.first
            else { return nil }
            return report
        }.map { try $0.decoded() }
    }

    private static func ask(_ bench: inout Bench, _ destination: String) throws -> ProxyReport? {
        let before = try reports(bench).count
        let inquiry = Inquiry(id: 1, vmID: Bench.vm, destination: IPv4Address(destination))
        try bench.tell(.ipc(.received([envelope(inquiry)])))
        return try reports(bench).dropFirst(before).first
    }

    private static func bench() throws -> (Bench, SessionID) {
        var bench = Bench()
        try bench.say(
            Bench.flow("10.0.0.0/8", port: 2), Bench.flow("10.1.0.0/16", port: 3),
            Bench.flow("10.9.9.9/32", .local),
            Bench.complete)
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        return (bench, id)
    }

    @Test func theLongestWantedFlowIsToldWithTheSwitchesOwnCounters() throws {
        var (bench, id) = try Self.bench()
        for _ in 0..<3 { _ = bench.switches[id]?.send(Bench.packet("10.1.2.3"), inPort: 1) }
        let flow = try #require(try Self.ask(&bench, "10.1.2.3")?.flows.first)
        #expect(flow.prefix == IPPrefix("10.1.0.0/16"))
        #expect(flow.progress == .installed && flow.isRead)
        #expect(flow.reading?.packets == 3)
        #expect(flow.reading?.action == flow.action)
        #expect(try Self.ask(&bench, "10.2.2.3")?.flows.first?.prefix == IPPrefix("10.0.0.0/8"))
        #expect(try Self.ask(&bench, "10.9.9.9")?.flows.first?.action == "to the VM")
        #expect(try Self.ask(&bench, "11.0.0.1")?.flows == [])
    }

    @Test func aFlowThatIsGoneFromTheSwitchIsSeen() throws {
        var (bench, id) = try Self.bench()
        let prefix = try #require(OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0x0A01_0000), length: 16))
        let key = FlowKey.routed(Bench.router, prefix)
        bench.switches[id]?.set(.init(key.match, key.priority), nil)
        let flow = try #require(try Self.ask(&bench, "10.1.2.3")?.flows.first)
        #expect(flow.isRead && flow.reading == nil)
    }

    @Test func aSwitchThatIsAwayLeavesItsFlowUnknown() throws {
        var (bench, id) = try Self.bench()
        try bench.disconnect(id)
        let report = try #require(try Self.ask(&bench, "10.1.2.3"))
        #expect(report.flows.first?.progress == .unknown)
        #expect(report.datapaths.first?.isConnected == false)
    }

    @Test func whoAsksIsAnsweredInTimeEvenIfTheSwitchIsSilent() throws {
        var (bench, id) = try Self.bench()
        bench.switches[id] = nil
        #expect(try Self.ask(&bench, "10.1.2.3") == nil)
        try bench.wait(.milliseconds(1100))
        let report = try #require(try Self.reports(bench).first)
        #expect(report.flows.first?.isRead == false)
        #expect(bench.core.surveys.isEmpty)
    }

    @Test func aRefusedFlowIsToldSo() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8", port: 2), Bench.complete)
        var full = FakeSwitch(Bench.datapath, ports: 3)
        full.capacity = 0
        try bench.connect(full)
        #expect(try Self.ask(&bench, "10.1.2.3")?.flows.first?.progress == .refused)
    }

    @Test func aFloodOfInquiriesIsBounded() throws {
        var (bench, id) = try Self.bench()
        bench.switches[id] = nil
        let inquiry = Self.envelope(Inquiry(id: 1, vmID: Bench.vm, destination: IPv4Address("10.1.2.3")))
        try bench.tell(.ipc(.received(Array(repeating: inquiry, count: 100_000))))
        #expect(bench.core.surveys.count <= 64)
    }
}
