import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// Flows as numbers, and back from what a switch says.
@Suite struct FlowKeyTests {
    private static func keys() -> [FlowKey] {
        let networks = (0...32).compactMap {
            OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0xFFFF_FFFF), length: $0)
        }
        let routed = networks.map { FlowKey.routed(Bench.router, $0) }
        let hairpins = networks.map { FlowKey.hairpin(Bench.router, $0, port: 0xFF00) }
        let controls = DatapathOperation.allCases.filter { FlowKey.match($0) != nil }.map(FlowKey.control)
        return routed + hairpins + controls + [.local(IPv4Address(rawValue: 0x0A00_0001))]
    }

    @Test func eachFlowIsRecognisedByItsMatchAndPriority() {
        for key in Self.keys() {
            #expect(FlowKey(match: key.match, priority: key.priority) == key)
            #expect(FlowKey(match: key.match, priority: key.priority &+ 7) != key)
        }
        #expect(Set(Self.keys().map { FakeSwitch.FlowID($0.match, $0.priority) }).count == Self.keys().count)
    }

    /// Open vSwitch returns a match on untagged packets with a VLAN priority of 0.
    @Test func thePriorityOfATagThatIsNotThereDoesNotCount() {
        for key in Self.keys() where key.match.dlVLAN != nil {
            var match = key.match
            match.dlVLANPCP = 0
            #expect(FlowKey(match: match, priority: key.priority) == key)
        }
    }

    @Test func aMatchWithOneMoreFieldIsNobodysFlow() {
        for key in Self.keys() {
            var match = key.match
            match.nwTOS = 4
            #expect(FlowKey(match: match, priority: key.priority) == nil)
        }
    }

    /// Trap 3: a default route /0 became /32. Trap 16: /25 became /24, /12 became /8.
    @Test func everyLengthHasItsOwnPriorityAboveTheShorterOnes() {
        let routed = Self.keys().filter { $0.role == .routed }
        #expect(routed.map(\.priority) == (0...32).map { 0x8000 + 2 * $0 })
        #expect(routed.map { $0.match.nwDst?.length ?? 0 } == Array(0...32))
    }

    @Test(arguments: [
        SwitchDialect(decrementsTTL: true, clearsInPort: true),
        SwitchDialect(decrementsTTL: true, clearsInPort: false),
        SwitchDialect(decrementsTTL: false, clearsInPort: false),
    ])
    func eachActionIsRecognised(dialect: SwitchDialect) {
        for key in Self.keys() {
            for action in [.controller, .drop, .forward(key.role == .hairpin ? 0xFF00 : 7, to: Bench.host)]
                as [FlowAction]
            {
                var actions = dialect.actions(action, of: key)
                if case .output(let port, 0) = actions.last { actions[actions.count - 1] = .output(port) }
                var flow = OpenFlow10.FlowStats(
                    match: key.match, priority: key.priority, cookie: SwitchDialect.cookie, actions: actions)
                #expect(dialect.action(of: flow, key: key) == action)
                flow.cookie = 1
                #expect(dialect.action(of: flow, key: key) == .alien)
                flow.cookie = SwitchDialect.cookie
                flow.actions.append(.stripVLAN)
                #expect(dialect.action(of: flow, key: key) == .odd)
            }
        }
    }

    @Test func aForwardingThatMakesNoSenseIsNone() {
        #expect(FlowAction(Forwarding(.route, port: 0, destination: Bench.host)) == nil)
        #expect(FlowAction(Forwarding(.route, port: 0xFFFD, destination: Bench.host)) == nil)
        #expect(FlowAction(Forwarding(.host, port: 1)) == nil)
        #expect(FlowAction(Forwarding(.punt)) == .controller)
        #expect(FlowAction(Forwarding(.blackhole)) == .drop)
    }

    @Test func aFlowTakesFewBytes() {
        #expect(MemoryLayout<FlowKey>.stride == 16)
        #expect(MemoryLayout<FlowTable.Entry>.stride <= 24)
    }
}
