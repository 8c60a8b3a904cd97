import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// A switch connects: what it has is compared with what it is to have, and only the difference is sent.
@Suite struct ReadBackTests {
    @Test func anEmptyTableIsFilled() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.flow("172.31.1.1/32", .local), Bench.complete)
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        #expect(try bench.has(id).flows.count == 3, "a route, an own address, and its answer to ARP")
        #expect(try bench.has(id).flowMods.map(\.command) == [.add, .add, .add])
    }

    /// Trap 2: a switch that reconnected had its table cleared, and nothing was sent again.
    @Test func aRightTableGetsNoFlowMod() throws {
        var bench = Bench()
        try bench.say(
            Bench.flow("10.0.0.0/8"), Bench.flow("0.0.0.0/0", .punt), Bench.flow("10.1.0.0/16", .blackhole))
        try bench.say(Bench.flow("172.31.1.1/32", .local), Bench.complete)
        for message in Bench.defaults { try bench.say(message) }
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        var same = try bench.disconnect(first)
        #expect(same.flows.count == 8)
        same.forgetMessages()
        same.flowsPerPart = 3
        let second = try bench.connect(same)
        #expect(bench.takeFlowMods(second) == [])
        #expect(try bench.has(second).flows == same.flows)
    }

    @Test func aDriftedTableGetsOnlyTheDifferencesDeletionsFirst() throws {
        var bench = Bench()
        try bench.say(
            Bench.flow("10.0.0.0/8"), Bench.flow("11.0.0.0/8"), Bench.flow("12.0.0.0/8"), Bench.complete)
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        var drifted = try bench.disconnect(first)
        drifted.forgetMessages()
        // One is gone, one has other actions, one is somebody else's, and one is of a route that nobody wants.
        let flows = drifted.flows
        let ids = flows.keys.sorted {
            ($0.match.nwDst?.address.rawValue ?? 0) < ($1.match.nwDst?.address.rawValue ?? 0)
        }
        drifted.set(ids[0], nil)
        drifted.set(ids[1], FakeSwitch.Flow(actions: [.output(3)], cookie: SwitchDialect.cookie, packets: 77))
        drifted.set(FakeSwitch.FlowID(.any, 7), FakeSwitch.Flow(actions: [.output(.normal)]))
        var stale = ids[0]
        stale.match.nwDst = OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0x0D00_0000), length: 8)
        drifted.set(stale, flows[ids[0]])

        let second = try bench.connect(drifted)
        let sent = try bench.has(second).received.map(\.message)
        let commands = sent.compactMap { message -> String? in
            switch message {
            case .flowMod(let order):
                order.command.rawValue >= 3 ? "delete" : "change \(order.command.rawValue)"
            case .barrierRequest: "barrier"
            default: nil
            }
        }
        #expect(commands.prefix(3) == ["delete", "delete", "barrier"])
        #expect(Set(commands.dropFirst(3).dropLast()) == ["change 0", "change 2"])
        #expect(commands.count == 6 && commands.last == "barrier")
        let repaired = try bench.has(second).flows
        #expect(Set(repaired.keys) == Set(flows.keys))
        #expect(repaired[ids[1]]?.packets == 77, "modifying keeps the counters")
        #expect(repaired[ids[1]]?.actions == flows[ids[1]]?.actions)
    }

    /// Trap 9: flows had idle time-outs, and nothing put them back.
    @Test func noFlowTimesOutAndOneThatWouldIsReplaced() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.1/32", .host), Bench.complete)
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        var drifted = try bench.disconnect(first)
        let id = try #require(drifted.flows.keys.first)
        let flow = try #require(drifted.flows[id])
        #expect(flow.idleTimeout == 0 && flow.hardTimeout == 0)
        var timed = flow
        timed.idleTimeout = 300
        drifted.set(id, timed)
        let second = try bench.connect(drifted)
        #expect(try bench.has(second).flows[id] == flow)
    }

    @Test func nothingIsSentToAVirtualSwitchTable() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8", on: Bench.virtualSwitch))
        var virtual = FakeSwitch(Bench.virtualSwitch, ports: 2)
        virtual.set(FakeSwitch.FlowID(.any, 7), FakeSwitch.Flow(actions: []))
        let id = try bench.connect(virtual)
        #expect(try bench.has(id).flows.count == 1)
        #expect(try bench.has(id).flowMods.isEmpty)
    }

    @Test func aSwitchThatIsNoOpenVSwitchGetsNoNiciraActions() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 2, isOpenVSwitch: false))
        let flows = try bench.has(first).flows
        #expect(flows.count == 2, "a route, and its hairpin")
        #expect(flows.values.allSatisfy { !$0.actions.contains(.decrementTTL) })
        #expect(try bench.has(first).config.flags == [])
        #expect(try bench.has(first).config.missSendLen == 0xFFFF)
        var same = try bench.disconnect(first)
        same.forgetMessages()
        let second = try bench.connect(same)
        #expect(bench.takeFlowMods(second) == [])
        try bench.say(Bench.flow("10.0.0.0/8", port: 1))
        #expect(try bench.has(second).flows.count == 2)
        try bench.withdraw(Bench.key("10.0.0.0/8"))
        #expect(try bench.has(second).flows.isEmpty)
    }

    /// Trap 17: clearing used buffer 0 instead of no buffer.
    @Test func noFlowModNamesABufferAndNewFlowsTellTheirEnd() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        try bench.withdraw(Bench.key("10.0.0.0/8"))
        let orders = bench.takeFlowMods(id)
        #expect(orders.count == 2)
        #expect(orders.allSatisfy { $0.bufferID == nil && $0.outPort == .none })
        #expect(orders.map(\.flags) == [.sendFlowRemoved, []])
    }
}
