import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

@Suite("Random operations against a model of the kernel")
struct RandomisedTests {
    @Test(
        "After thousands of random operations, silent deletions and overruns, rfserver knows what the definition says",
        arguments: 1...10 as ClosedRange<UInt64>)
    func wantedTableEqualsTheDefinition(seed: UInt64) {
        var chaos = Chaos(seed: seed)
        var rig = Rig()
        chaos.build(&rig)
        rig.start()
        #expect(rig.server.routes == rig.wanted, "seed \(seed), at the start")

        for round in 0..<60 {
            for _ in 0..<Int.random(in: 1...40, using: &chaos.random) {
                chaos.disturb(&rig)
                // Batches, and answers to dumps, come whenever they come.
                switch Int.random(in: 0..<8, using: &chaos.random) {
                case 0...2: rig.deliver()
                case 3: rig.answerDump()
                default: break
                }
            }
            rig.settle()
            let wanted = rig.wanted
            guard rig.server.routes == wanted else {
                let differences = Set(wanted.keys).union(rig.server.routes.keys)
                    .filter { wanted[$0] != rig.server.routes[$0] }.sorted()
                    .map { "\($0): is \(text(rig.word($0))), should be \(text(wanted[$0]))" }
                Issue.record("seed \(seed), round \(round): \(differences.joined(separator: "; "))")
                return
            }
        }
        #expect(rig.server.idleMessages == 0)
        #expect(rig.server.syncs == 1)
        let inUse = rig.kernel.neighbours.values.filter(\.isManaged)
        for neighbour in inUse {
            #expect(
                rig.isInUse(neighbour), "seed \(seed): \(neighbour.address) is managed and not in use")
        }
    }

    private func text(_ forwarding: Forwarding?) -> String {
        forwarding.map { "\($0.kind) \($0.port) \($0.destination)" } ?? "nothing"
    }
}

extension Rig {
    /// True if a neighbour is a host, or the next hop of a route.
    func isInUse(_ neighbour: Neighbour) -> Bool {
        if let word = word(IPPrefix(host: neighbour.address)), word.kind == .host { return true }
        return kernel.routes.values.joined().contains { route in
            let legs = route.nexthopID.map { kernel.legs(of: $0) } ?? route.nextHops
            return legs.contains {
                $0.gateway == neighbour.address && $0.linkIndex == neighbour.linkIndex
            }
        }
    }
}

/// Whoever plugs cables, types commands and forges packets, at random.
struct Chaos {
    var random: SplitMix64
    private let dataLinks: [UInt32] = [3, 4, 5, 6]
    private let lengths = [0, 1, 8, 13, 16, 24, 25, 30, 31, 32]

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func build(_ rig: inout Rig) {
        rig.kernel.addLink(1, "lo", .zero, flags: [.up, .running, .lowerUp, .loopback])
        rig.kernel.addLink(2, "eth0", MACAddress(rawValue: Rig.vmID.rawValue))
        rig.kernel.addLink(7, "dummy", 0x0200_0000_0007)
        rig.kernel.addAddress("10.0.9.2", 24, on: 2)
        for link in dataLinks {
            rig.kernel.addLink(link, "eth\(link - 2)", Rig.vmID.dataAddress)
            rig.kernel.addAddress(.v4(IPv4Address(rawValue: 0x0A00_0001 + link << 8)), 24, on: link)
        }
        for _ in 0..<40 { disturb(&rig) }
        // With a default route out of the management interface rfclient would refuse to start.
        for route in rig.kernel.routes[.ipv4Default] ?? [] { rig.kernel.removeRoute(route) }
    }

    /// Does one thing.
    mutating func disturb(_ rig: inout Rig) {
        let link = anyLink()
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<34: rig.kernel.addRoute(anyRoute(), pick(FakeKernel.Placement.allCases))
        case 34..<50:
            if let route = rig.kernel.routes.values.joined().sorted(by: order).randomElement(using: &random) {
                rig.kernel.removeRoute(route)
            }
        case 50..<68: rig.kernel.learn(anyAddress(), on: link, at: anyLinkAddress(), anyState())
        case 68..<72: rig.kernel.forget(anyAddress(), on: link)
        case 72..<76: rig.kernel.setUp(link, Bool.random(using: &random))
        case 76..<80: rig.kernel.setCarrier(link, Bool.random(using: &random))
        case 80..<84:
            rig.kernel.addAddress(anyAddress(), pick([8, 24, 31, 32]), on: pick([1, 2] + dataLinks))
        case 84..<88:
            if let old = rig.kernel.addresses.randomElement(using: &random) {
                rig.kernel.removeAddress(old.address, Int(old.prefixLength), on: old.linkIndex)
            }
        case 88..<94: rig.kernel.setNexthop(UInt32.random(in: 1...6, using: &random), anyTarget())
        case 94..<96: rig.kernel.removeNexthop(UInt32.random(in: 1...6, using: &random))
        case 96:
            rig.kernel.overrun()
        case 97:
            rig.kernel.removeLink(link)
        case 98:
            if rig.kernel.links[link] == nil {
                rig.kernel.addLink(link, pick(["eth\(link - 2)", "wan1"]), Rig.vmID.dataAddress)
            }
        default: rig.kernel.setLinkAddress(link, Rig.vmID.dataAddress)
        }
    }

    private func order(_ left: Route, _ right: Route) -> Bool {
        (left.prefix, left.priority, "\(left)") < (right.prefix, right.priority, "\(right)")
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    private mutating func anyLink() -> UInt32 { pick(dataLinks + [3, 4, 2, 7]) }

    /// Few addresses, so that routes, hosts and gateways meet.
    private mutating func anyAddress() -> IPAddress {
        let link = UInt32.random(in: 3...9, using: &random)
        return .v4(IPv4Address(rawValue: 0x0A00_0000 | link << 8 | UInt32.random(in: 0...9, using: &random)))
    }

    private mutating func anyLinkAddress() -> MACAddress? {
        pick([0x0200_0000_0101, 0x0200_0000_0102, 0x0200_0000_0103, .zero, 0x0100_5E00_0001, nil])
    }

    private mutating func anyState() -> NeighbourState {
        pick([.reachable, .stale, .delay, .probe, .permanent, .incomplete, .failed, .noARP])
    }

    private mutating func anyLeg() -> NextHop {
        let gateways: [IPAddress?] = [anyAddress(), anyAddress(), anyAddress(), nil, "fe80::1"]
        return NextHop(
            linkIndex: anyLink(), gateway: pick(gateways), encapsulation: pick([nil, nil, nil, nil, 1]))
    }

    private mutating func anyTarget() -> NexthopObject.Target {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .blackhole
        case 1...3:
            .group(
                Set((0..<3).map { _ in UInt32.random(in: 1...6, using: &random) }).sorted()
                    .map { NexthopObject.Member(id: $0) })
        default: .nextHop(anyLeg())
        }
    }

    private mutating func anyRoute() -> Route {
        let length = pick(lengths)
        let prefix = IPPrefix(anyAddress(), length: length) ?? .ipv4Default
        let priority = pick([0, 0, 10, 20] as [UInt32])
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return Route(prefix: prefix, type: .blackhole, priority: priority)
        case 1:
            return Route(prefix: prefix, type: pick([.unreachable, .prohibit, .throw]), priority: priority)
        case 2, 3:
            return Route(
                prefix: prefix, priority: priority, nexthopID: UInt32.random(in: 1...6, using: &random))
        case 4:
            return Route(prefix: prefix, priority: priority, nextHops: [anyLeg(), anyLeg()])
        default: return Route(prefix: prefix, priority: priority, nextHops: [anyLeg()])
        }
    }
}
