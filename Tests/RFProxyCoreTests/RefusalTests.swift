import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// A switch refuses flows: rfserver hears of it, and the flows are tried again when there is a reason.
@Suite struct RefusalTests {
    private func errors(_ bench: Bench) -> [FlowError] {
        bench.server.table.values.compactMap { if case .flowError(let error) = $0 { error } else { nil } }
    }

    @Test func aFullTableIsReportedWithTheFlowsThatFoundNoRoom() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 2
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.flow("11.0.0.0/8"), Bench.flow("12.0.0.0/8"))
        try bench.settle()
        let refused = errors(bench)
        #expect(refused.count == 1)
        #expect(refused.first?.type == 3 && refused.first?.code == 0)
        #expect(bench.log.contains { $0.message.hasPrefix("a switch refused a flow") })

        // Room is made by a withdrawal: the refused flow takes it, and the report is withdrawn.
        let prefix = try #require(refused.first?.prefix)
        let other = try #require(["10.0.0.0/8", "11.0.0.0/8"].first { $0 != prefix.description })
        try bench.withdraw(Bench.key(other))
        try bench.settle()
        #expect(try bench.has(id).flows.count == 2)
        #expect(errors(bench).isEmpty)
    }

    /// A prefix that finds no room must not be carried by another one in silence.
    @Test func theFlowThatCatchesTheOthersPacketsIsNamed() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 1
        try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8"))
        try bench.say(Bench.flow("10.1.0.0/16", port: 3), Bench.flow("11.0.0.0/8"))
        try bench.settle()
        let carriers = Dictionary(
            uniqueKeysWithValues: errors(bench).map { ($0.prefix.description, $0.carrier) })
        #expect(carriers == ["10.1.0.0/16": IPPrefix("10.0.0.0/8"), "11.0.0.0/8": nil])
    }

    @Test func aSwitchThatHasRoomAgainIsTriedAgainWithoutAnyReason() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 0
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8"))
        bench.switches[id]?.capacity = 10
        try bench.wait(.seconds(2))
        #expect(try bench.has(id).flows.count == 1)
        #expect(errors(bench).isEmpty)
    }

    /// With room for all again, it must not take a minute for each few of them.
    @Test func veryManyRefusedFlowsFindTheirRoomSoon() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 0
        let id = try bench.connect(fake)
        for number in 0..<3000 { bench.server.say(Bench.flow("10.\(number >> 8).\(number & 255).0/24")) }
        try bench.settle()
        bench.switches[id]?.capacity = 10_000
        try bench.wait(.seconds(2))
        #expect(try bench.has(id).flows.count == 3000)
    }

    @Test func aRefusedChangeSaysThatTheOldFlowIsStillThere() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 1
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8"))
        bench.switches[id]?.refusesChanges = true
        try bench.say(Bench.flow("10.0.0.0/8", port: 3))
        #expect(errors(bench).map(\.carrier) == [IPPrefix("10.0.0.0/8")])
    }

    /// The answer to ARP for an address is not the flow of the address.
    @Test func aRefusedOwnAddressStaysRefusedWhenItsAnswerToARPIsTaken() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 1
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.1/32", .local))
        try bench.settle()
        let hasAddress = try bench.has(id).flows.keys.contains { $0.match.dlType == .ipv4 }
        #expect(errors(bench).isEmpty == hasAddress)
    }

    @Test func aNewPortHasTheFlowsTriedAgainThatLeadToIt() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 0
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8", port: 9), Bench.flow("11.0.0.0/8"))
        #expect(bench.takeFlowMods(id).count == 2)
        let port = FakeSwitch.port(9, of: Bench.datapath, state: [])
        let news = bench.switches[id]?.change(.add, port: port)
        try bench.deliver(#require(news), from: id)
        let tried = bench.takeFlowMods(id).map { FlowKey(match: $0.match, priority: $0.priority)?.prefix }
        #expect(tried == [IPPrefix("10.0.0.0/8")])
    }

    /// Another kind of switch with the same id needs no second flow for a route.
    @Test func aRefusalEndsWithTheFlowThatTheNextSwitchDoesNotNeed() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3, isOpenVSwitch: false)
        fake.capacity = 1
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8"))
        #expect(errors(bench).count == 1)
        try bench.disconnect(id)
        try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        try bench.settle()
        #expect(errors(bench).isEmpty)
    }

    @Test func aRefusalEndsWithTheDatapathThatIsForgotten() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 0
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8"))
        #expect(errors(bench).count == 1)
        try bench.disconnect(id)
        bench.server.restart(at: bench.now)
        try bench.say(Bench.complete)
        try bench.wait(.seconds(2))
        #expect(errors(bench).isEmpty)
        #expect(bench.core.datapaths.isEmpty)
    }

    /// A deletion that is refused leaves a stale flow: it is said, and tried again.
    @Test func aRefusedDeletionIsTriedAgain() throws {
        var bench = Bench()
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        bench.switches[id]?.refusesDeletions = true
        try bench.withdraw(Bench.key("10.0.0.0/8"))
        #expect(try bench.has(id).flows.count == 1)
        #expect(bench.log.contains { $0.message.hasPrefix("a switch refused to delete a flow") })
        bench.switches[id]?.refusesDeletions = false
        try bench.wait(.seconds(2))
        #expect(try bench.has(id).flows.isEmpty)
    }

    /// The refusal of one connection is not that of the next.
    @Test func aFlowThatIsFoundAfterAReconnectionIsNoLongerRefused() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 0
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8"))
        #expect(errors(bench).count == 1)
        let order = try #require(try bench.has(id).flowMods.first)
        var back = try bench.disconnect(id)
        back.set(
            FakeSwitch.FlowID(order.match, order.priority),
            FakeSwitch.Flow(actions: order.actions, cookie: order.cookie))
        try bench.connect(back)
        try bench.settle()
        #expect(errors(bench).isEmpty)
    }

    @Test func aRefusedFlowIsTriedEverLessOften() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 0
        let id = try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.0/8"))
        #expect(bench.takeFlowMods(id).count == 1)
        try bench.wait(.seconds(600))
        // After 1, 2, 4 ... 60 s, each up to a quarter less.
        #expect((14...20).contains(bench.takeFlowMods(id).count))
        try bench.say(Bench.flow("10.0.0.0/8", port: 3))
        #expect(bench.takeFlowMods(id).count == 1)
        #expect(errors(bench).count == 1)
        try bench.withdraw(Bench.key("10.0.0.0/8"))
        #expect(errors(bench).isEmpty)
        #expect(bench.takeFlowMods(id).isEmpty, "what was never there needs no deletion")
    }

    @Test func aRefusedOwnAddressIsReportedUnderItsRouter() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 0
        try bench.connect(fake)
        try bench.say(Bench.flow("10.0.0.1/32", .local))
        try bench.settle()
        #expect(errors(bench).map(\.source) == [Bench.router])
        try bench.withdraw(Bench.key("10.0.0.1/32"))
        #expect(errors(bench).isEmpty)
    }

    @Test func anErrorThatBelongsToNoFlowIsOnlyLogged() throws {
        var bench = Bench()
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        for xid in [0, 77, 0x8000_0000, 0xFFFF_FFFF] as [UInt32] {
            let error = OpenFlow10.ErrorMessage(code: .badType, data: ByteBuffer())
            try bench.deliver(FakeSwitch.bytes(xid, .error(error)), from: id)
        }
        #expect(bench.closed.isEmpty)
        #expect(bench.log.contains { $0.message == "a switch reported an error" })
    }
}
