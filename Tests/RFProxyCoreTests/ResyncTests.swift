import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// rfserver goes and comes: nothing is sent without need, and nothing is deleted by silence.
@Suite struct ResyncTests {
    private static func bench() throws -> (Bench, SessionID) {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.flow("11.0.0.0/8"), Bench.flow("10.0.0.1/32", .local))
        for message in Bench.defaults { try bench.say(message) }
        try bench.say(Bench.complete)
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        try bench.settle()
        bench.switches[id]?.forgetMessages()
        return (bench, id)
    }

    @Test func anRFServerThatRestartsWithTheSameStateCausesNoFlowMod() throws {
        var (bench, id) = try Self.bench()
        bench.server.restart(at: bench.now)
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.flow("11.0.0.0/8"), Bench.flow("10.0.0.1/32", .local))
        for message in Bench.defaults { try bench.say(message) }
        try bench.say(Bench.complete)
        try bench.wait(.seconds(3))
        #expect(bench.takeFlowMods(id) == [])
        #expect(try bench.has(id).flows.count == 7)
    }

    /// Trap 1: restarting rfserver dropped every route. A fixed timer after a restart deleted live ones.
    @Test func whatAnRFServerDoesNotSayStaysUntilTheTableIsComplete() throws {
        var (bench, id) = try Self.bench()
        bench.server.restart(at: bench.now)
        try bench.say(Bench.flow("11.0.0.0/8"), Bench.flow("12.0.0.0/8"))
        try bench.wait(.seconds(600))
        #expect(bench.takeFlowMods(id).map(\.command) == [.add])
        #expect(try bench.has(id).flows.count == 8)
        try bench.say(Bench.complete)
        #expect(try bench.has(id).flows.count == 2)
    }

    /// VMs that no mapping file names were paired with the switches of a restarted rfserver in any order.
    @Test func aWholeStateNamesSwitchesInTheOrderOfTheirIDs() throws {
        var bench = Bench()
        for number: UInt64 in [5, 2, 8, 1, 7, 3, 6, 4] {
            try bench.connect(FakeSwitch(DatapathID(rawValue: number), ports: 1))
        }
        let before = bench.told.count
        bench.server.restart(at: bench.now)
        try bench.settle()
        #expect(bench.joins(since: before).map(\.dpID.rawValue) == Array(1...8))
    }

    @Test func aWithdrawalByNameNeedsNoCompleteTable() throws {
        var (bench, id) = try Self.bench()
        bench.server.restart(at: bench.now)
        try bench.say(Bench.flow("11.0.0.0/8"))
        try bench.withdraw(Bench.key("11.0.0.0/8"))
        #expect(bench.takeFlowMods(id).map(\.command) == [.deleteStrict])
        #expect(try bench.has(id).flows.count == 6)
    }

    @Test func aTableThatIsNoLongerCompleteLosesNothing() throws {
        var (bench, id) = try Self.bench()
        try bench.withdraw(.tableComplete(Bench.datapath))
        var drifted = try bench.disconnect(id)
        drifted.set(FakeSwitch.FlowID(.any, 7), FakeSwitch.Flow(actions: []))
        let again = try bench.connect(drifted)
        #expect(try bench.has(again).flows.count == 8)
        try bench.say(Bench.complete)
        #expect(try bench.has(again).flows.count == 7)
    }

    @Test func aSwitchThatLosesItsTableWhileRFServerResyncsGetsItsRoutes() throws {
        var (bench, id) = try Self.bench()
        bench.server.restart(at: bench.now)
        try bench.say(Bench.flow("12.0.0.0/8"))
        try bench.disconnect(id)
        let again = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        #expect(try bench.has(again).flows.count == 8)
    }

    @Test func withoutTheDatabaseASwitchStillGetsItsTable() throws {
        var (bench, id) = try Self.bench()
        bench.isServerAway = true
        try bench.tell(.ipc(.disconnected(reason: "test")))
        try bench.disconnect(id)
        let again = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        #expect(try bench.has(again).flows.count == 7)
    }

    @Test func anRFProxyThatRestartsSendsNoFlowMod() throws {
        let (before, id) = try Self.bench()
        var bench = Bench()
        let again = try bench.connect(try before.has(id))
        try bench.wait(.seconds(1))
        #expect(try bench.has(again).flows.count == 7)
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.flow("11.0.0.0/8"), Bench.flow("10.0.0.1/32", .local))
        for message in Bench.defaults { try bench.say(message) }
        try bench.say(Bench.complete)
        #expect(bench.takeFlowMods(again) == [])
    }

    @Test func whileOneChangeIsOnItsWayTheLastOfSeveralWins() throws {
        var (bench, id) = try Self.bench()
        bench.switches[id]?.answersBarriers = false
        try bench.say(Bench.flow("11.0.0.0/8", port: 1))
        try bench.say(Bench.flow("11.0.0.0/8", port: 3))
        try bench.withdraw(Bench.key("11.0.0.0/8"))
        try bench.say(Bench.flow("11.0.0.0/8", port: 1, to: Bench.router))
        let received = try bench.has(id).received
        #expect(bench.takeFlowMods(id).count == 1)
        bench.switches[id]?.answersBarriers = true
        let barrier = try #require(received.last { $0.message == .barrierRequest })
        try bench.deliver(FakeSwitch.bytes(barrier.xid, .barrierReply), from: id)
        let orders = bench.takeFlowMods(id)
        #expect(orders.count == 1)
        #expect(orders.first?.actions.contains(.setDLDst(Bench.router)) ?? false)
    }

    @Test func aLaterIncarnationEndsThisOne() throws {
        var bench = Bench()
        try bench.settle()
        let envelope = Envelope(
            from: .rfserver, to: .rfproxy(0), epoch: 1, toEpoch: 2, stream: 0, seq: 0, kind: .beat,
            content: [.beat(Beat(stream: 0, seq: 0))])
        try bench.tell(.ipc(.received([envelope])))
        #expect(bench.stopReason?.contains("another rfproxy") ?? false)
    }

    @Test func noMoreThanAWindowIsOnItsWay() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.answersBarriers = false
        for number in 0..<10_000 {
            bench.server.say(Bench.flow("10.\(number / 256).\(number % 256).0/24"))
        }
        try bench.settle()
        let id = try bench.connect(fake)
        #expect((7000...8000).contains(try bench.has(id).flowMods.count))
    }
}
