import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// Somebody else changes the flows of a switch that is connected: the next audit puts them right.
@Suite struct AuditTests {
    private static func bench(_ settings: ProxySettings = ProxySettings()) throws -> (Bench, SessionID) {
        var bench = Bench(settings)
        try bench.say(
            Bench.flow("10.0.0.0/8"), Bench.flow("11.0.0.0/8"), Bench.flow("12.0.0.0/8"), Bench.complete)
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        try bench.settle()
        bench.switches[id]?.forgetMessages()
        return (bench, id)
    }

    private static func flowID(_ prefix: String) throws -> FakeSwitch.FlowID {
        let prefix = try #require(IPPrefix(prefix).flatMap(OpenFlow10.IPv4Prefix.init))
        let key = FlowKey.routed(Bench.router, prefix)
        return FakeSwitch.FlowID(key.match, key.priority)
    }

    private static let foreign = FakeSwitch.FlowID(OpenFlow10.Match(inPort: 1), 7)

    private static func drifts(_ bench: Bench) -> [LogLine] {
        bench.log.filter { $0.message.hasPrefix("somebody else has changed") }
    }

    @Test func whatIsRightIsReadAndLeftAlone() throws {
        var (bench, id) = try Self.bench()
        try bench.wait(.seconds(300))
        let requests = try bench.has(id).received.filter {
            if case .statsRequest(.flow) = $0.message { true } else { false }
        }
        #expect((4...5).contains(requests.count), "every 60 s")
        #expect(bench.takeFlowMods(id) == [])
        #expect(Self.drifts(bench).isEmpty)
    }

    @Test func flowsThatAreGoneDifferOrAreForeignArePutRight() throws {
        var (bench, id) = try Self.bench()
        let right = try bench.has(id).flows
        bench.switches[id]?.set(try Self.flowID("10.0.0.0/8"), nil)
        bench.switches[id]?.set(
            try Self.flowID("11.0.0.0/8"),
            FakeSwitch.Flow(actions: [.output(3)], cookie: SwitchDialect.cookie, tellsEnd: true))
        bench.switches[id]?.set(Self.foreign, FakeSwitch.Flow(actions: []))
        try bench.wait(.seconds(61))
        #expect(try bench.has(id).flows == right)
        #expect(bench.takeFlowMods(id).map(\.command) == [.deleteStrict, .add, .modifyStrict])
        let line = try #require(Self.drifts(bench).first)
        #expect(line.ids["missing"] == "1" && line.ids["different"] == "1" && line.ids["foreign"] == "1")
        try bench.wait(.seconds(120))
        #expect(bench.takeFlowMods(id) == [] && Self.drifts(bench).count == 1)
    }

    @Test func aWipedTableIsFilledAsSoonAsTheSwitchTells() throws {
        var (bench, id) = try Self.bench()
        let right = try bench.has(id).flows
        var told = ByteBuffer()
        for flow in right.keys {
            if var bytes = bench.switches[id]?.remove(flow) { told.writeBuffer(&bytes) }
        }
        try bench.deliver(told, from: id)
        try bench.settle()
        #expect(try bench.has(id).flows == right)
    }

    /// Late word of our own removal is no news, and leads to nothing but a look.
    @Test func aFlowThatWasRemovedAndSetAgainIsNotSetTwice() throws {
        var (bench, id) = try Self.bench()
        let flow = try Self.flowID("10.0.0.0/8")
        var gone = try bench.has(id)
        let late = gone.remove(flow)
        try bench.deliver(late, from: id)
        try bench.wait(.seconds(5))
        #expect(bench.takeFlowMods(id) == [])
        #expect(Self.drifts(bench).isEmpty)
    }

    @Test func foreignFlowsStayIfTheyMayUnlessOneOfOursTakesTheirPlace() throws {
        var settings = ProxySettings()
        settings.keepsForeignFlows = true
        var (bench, id) = try Self.bench(settings)
        let place = try Self.flowID("13.0.0.0/8")
        bench.switches[id]?.set(Self.foreign, FakeSwitch.Flow(actions: []))
        bench.switches[id]?.set(place, FakeSwitch.Flow(actions: [.output(3)]))
        try bench.wait(.seconds(61))
        #expect(bench.takeFlowMods(id) == [])
        #expect(Self.drifts(bench).isEmpty)
        let back = try bench.connect(try bench.disconnect(id))
        #expect(bench.takeFlowMods(back) == [])
        try bench.say(Bench.flow("13.0.0.0/8"))
        #expect(try bench.has(back).flows[place]?.cookie == SwitchDialect.cookie)
        try bench.withdraw(Bench.key("13.0.0.0/8"))
        #expect(try bench.has(back).flows[place] == nil)
        #expect(try bench.has(back).flows[Self.foreign] != nil)
    }

    /// While changes are on their way, what the switch says may be old: it is no drift.
    @Test func flowModsThatCrossTheAnswerAreNoDrift() throws {
        var (bench, id) = try Self.bench()
        let old = try bench.has(id)
        bench.switches[id]?.answersBarriers = false
        try bench.withdraw(Bench.key("10.0.0.0/8"))
        try bench.say(Bench.flow("11.0.0.0/8", port: 3), Bench.flow("14.0.0.0/8"))
        bench.switches[id]?.answersStatistics = false
        try bench.wait(.seconds(61))
        let request = try #require(
            try bench.has(id).received.last {
                if case .statsRequest(.flow) = $0.message { true } else { false }
            })
        try bench.say(Bench.flow("12.0.0.0/8", port: 3))
        bench.switches[id]?.forgetMessages()
        // The flows as they were before all of this.
        var slow = old
        try bench.deliver(try slow.receive(FakeSwitch.bytes(request.xid, request.message)), from: id)
        #expect(bench.takeFlowMods(id) == [])
        #expect(Self.drifts(bench).isEmpty)
    }

    @Test func aSwitchThatDoesNotAnswerIsAskedAgainLater() throws {
        var (bench, id) = try Self.bench()
        bench.switches[id]?.answersStatistics = false
        try bench.wait(.seconds(75))
        #expect(bench.log.contains { $0.message == "a switch did not say its flows when asked again" })
        bench.switches[id]?.answersStatistics = true
        bench.switches[id]?.set(Self.foreign, FakeSwitch.Flow(actions: []))
        try bench.wait(.seconds(120))
        #expect(try bench.has(id).flows[Self.foreign] == nil)
        #expect(bench.closed.isEmpty)
    }

    @Test func withoutAnIntervalTheTableIsReadWhenTheSwitchTells() throws {
        var settings = ProxySettings()
        settings.auditInterval = nil
        var (bench, id) = try Self.bench(settings)
        let right = try bench.has(id).flows
        if let told = bench.switches[id]?.remove(try Self.flowID("10.0.0.0/8")) {
            try bench.deliver(told, from: id)
        }
        #expect(try bench.has(id).flows == right)
    }

    /// The first reading is too old to show what goes while it is under way.
    @Test func aFlowThatGoesWhileTheTableIsReadIsMissed() throws {
        var (bench, id) = try Self.bench()
        let right = try bench.has(id).flows
        var back = try bench.disconnect(id)
        back.answersStatistics = false
        id = try bench.connect(back)
        var description = back
        description.answersStatistics = true
        let requests = { (bench: Bench) in
            try bench.has(id).received.filter { if case .statsRequest = $0.message { true } else { false } }
        }
        for _ in 0..<2 {
            // The description, and the flows as they were.
            let request = try #require(try requests(bench).last)
            if case .statsRequest(.flow) = request.message,
                let told = bench.switches[id]?.remove(try Self.flowID("10.0.0.0/8"))
            {
                var old = description
                try bench.deliver(try old.receive(FakeSwitch.bytes(request.xid, request.message)), from: id)
                bench.switches[id]?.answersStatistics = true
                try bench.deliver(told, from: id)
            } else {
                try bench.deliver(
                    try description.receive(FakeSwitch.bytes(request.xid, request.message)), from: id)
            }
        }
        try bench.wait(.seconds(2))
        #expect(try bench.has(id).flows == right)
    }

    @Test func aForeignFlowThatMayNotGoYetIsReportedOnce() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8"))
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        bench.switches[id]?.set(Self.foreign, FakeSwitch.Flow(actions: []))
        try bench.wait(.seconds(300))
        #expect(Self.drifts(bench).count == 1)
        #expect(try bench.has(id).flows.count == 2)
        try bench.say(Bench.complete)
        #expect(try bench.has(id).flows.count == 1)
    }

    @Test func aPauseDuringAnAuditBlamesNobody() throws {
        var (bench, id) = try Self.bench()
        bench.switches[id]?.answersStatistics = false
        while try bench.has(id).received.allSatisfy({
            if case .statsRequest = $0.message { false } else { true }
        }) {
            try bench.wait(.seconds(1))
        }
        bench.now = bench.now.advanced(by: .seconds(20))
        try bench.tell(.timePassed)
        #expect(!bench.log.contains { $0.message.hasPrefix("a switch did not say its flows") })
    }

    @Test func withoutAnIntervalNothingIsReadAgain() throws {
        var settings = ProxySettings()
        settings.auditInterval = nil
        var (bench, id) = try Self.bench(settings)
        try bench.wait(.seconds(600))
        #expect(
            try !bench.has(id).received.contains {
                if case .statsRequest = $0.message { true } else { false }
            })
    }

    /// A flow that was on its way when rfserver stopped wanting it has to leave when it has arrived.
    @Test func aFlowThatIsUnderWayWhenTheTableIsCompleteLeaves() throws {
        var (bench, id) = try Self.bench()
        bench.switches[id]?.answersBarriers = false
        try bench.say(Bench.flow("14.0.0.0/8"))
        bench.server.restart(at: bench.now)
        for prefix in ["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8"] { bench.server.say(Bench.flow(prefix)) }
        try bench.say(Bench.complete)
        let barriers = try bench.has(id).received.filter { $0.message == .barrierRequest }
        bench.switches[id]?.answersBarriers = true
        for barrier in barriers { try bench.deliver(FakeSwitch.bytes(barrier.xid, .barrierReply), from: id) }
        #expect(try bench.has(id).flows.keys.contains(try Self.flowID("14.0.0.0/8")) == false)
        #expect(try bench.has(id).flows.count == 3)
    }
}
