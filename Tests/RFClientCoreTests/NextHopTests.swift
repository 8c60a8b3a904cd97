import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

@Suite("Next hops: resolved, lost, replaced")
struct NextHopTests {
    private let first = Forwarding(.route, port: 1, destination: 0x0200_0000_0011)
    private let second = Forwarding(.route, port: 2, destination: 0x0200_0000_0022)
    private let leg1 = NextHop(linkIndex: 3, gateway: "172.31.1.11")
    private let leg2 = NextHop(linkIndex: 4, gateway: "172.31.2.22")

    private func router() -> Rig {
        var rig = Rig.router()
        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_0011)
        rig.kernel.learn("172.31.2.22", on: 4, at: 0x0200_0000_0022)
        rig.settle()
        return rig
    }

    @Test(
        "A gateway that is not resolved is asked for, its route is punted, and forwarded once it answers (traps 5, 6)"
    )
    func unresolvedThenResolved() {
        var rig = Rig.router()
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.11", dev: 3))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == Forwarding(.punt))
        let key = NeighbourKey(linkIndex: 3, address: IPv4Address(rawValue: 0xAC1F_010B))
        #expect(rig.commands == [.manage(key)])

        rig.kernel.learn("172.31.1.11", on: 3, at: nil, .failed)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == Forwarding(.punt))
        #expect(rig.commands == [.manage(key)], "no hot loop over what does not answer (trap 34)")

        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_0011)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == first)
        #expect(rig.commands == [.manage(key)])
    }

    @Test(
        "A gateway that changes its MAC address takes all routes through it along, and nothing else (trap 10)"
    )
    func gatewayMoves() {
        var rig = router()
        for net in 0..<50 as Range<UInt32> {
            let prefix = IPPrefix(.v4(IPv4Address(rawValue: 0x0A00_0000 | net << 16)), length: 16)
            rig.kernel.addRoute(route(prefix ?? .ipv4Default, via: "172.31.1.11", dev: 3))
        }
        rig.kernel.addRoute(route("0.0.0.0/0", via: "172.31.2.22", dev: 4))
        rig.settle()
        let before = rig.server.routeMessages
        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_00AA)
        rig.settle()
        let moved = rig.server.routes.filter { $0.value.destination == 0x0200_0000_00AA }
        #expect(moved.count == 51, "fifty routes, and the gateway's own host flow")
        #expect(rig.server.routeMessages - before == 51)
        #expect(rig.word("0.0.0.0/0") == second)
    }

    @Test("When a multipath leg is lost the other carries the route, without a word from the kernel")
    func multipathLegLost() {
        var rig = router()
        rig.kernel.addRoute(Route(prefix: "10.0.0.0/8", nextHops: [leg1, leg2]))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == first)

        rig.kernel.setCarrier(3, false)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == second)

        rig.kernel.setUp(4, false)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == nil)

        rig.kernel.setCarrier(3, true)
        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_0011)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == first)
    }

    @Test("Of several live legs the first that is resolved is used, and the others are asked for")
    func firstResolvedLeg() {
        var rig = Rig.router()
        rig.kernel.learn("172.31.2.22", on: 4, at: 0x0200_0000_0022)
        rig.kernel.addRoute(Route(prefix: "10.0.0.0/8", nextHops: [leg1, leg2]))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == second)
        #expect(
            rig.commands.contains(
                .manage(NeighbourKey(linkIndex: 3, address: IPv4Address(rawValue: 0xAC1F_010B)))))
    }

    @Test("A deleted nexthop object takes its routes along, of which the kernel says nothing")
    func nexthopObjectDeleted() {
        var rig = router()
        rig.kernel.setNexthop(1, .nextHop(leg1))
        rig.kernel.addRoute(Route(prefix: "10.0.0.0/8", nexthopID: 1))
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4, metric: 9))
        rig.kernel.addRoute(Route(prefix: "11.0.0.0/8", nexthopID: 1))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == first)
        #expect(rig.word("11.0.0.0/8") == first)

        rig.kernel.removeNexthop(1)
        rig.deliver()
        #expect(rig.word("11.0.0.0/8") == nil, "at once, before the dump that follows")
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == second)
        #expect(rig.server.routes == rig.wanted)
    }

    @Test("A nexthop object that is replaced, and a group that loses a member, take their routes along")
    func nexthopObjectChanges() {
        var rig = router()
        rig.kernel.setNexthop(1, .nextHop(leg1))
        rig.kernel.setNexthop(2, .nextHop(leg2))
        rig.kernel.setNexthop(
            3, .group([NexthopObject.Member(id: 1), NexthopObject.Member(id: 2)]))
        rig.kernel.addRoute(Route(prefix: "10.0.0.0/8", nexthopID: 3))
        rig.kernel.addRoute(Route(prefix: "11.0.0.0/8", nexthopID: 2))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == first)
        #expect(rig.word("11.0.0.0/8") == second)

        rig.kernel.removeNexthop(1)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == second)

        rig.kernel.setNexthop(2, .blackhole)
        rig.settle()
        #expect(rig.word("11.0.0.0/8") == second, "the kernel refuses a blackhole in a group")

        rig.kernel.setNexthop(2, .nextHop(NextHop(linkIndex: 3, gateway: "172.31.1.11")))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == first)
        #expect(rig.word("11.0.0.0/8") == first)
    }

    @Test("A route whose nexthop object goes in the same batch of events goes with it")
    func nexthopObjectShortLived() {
        var rig = router()
        rig.kernel.setNexthop(1, .nextHop(leg1))
        rig.kernel.addRoute(Route(prefix: "10.0.0.0/8", nexthopID: 1))
        rig.kernel.removeNexthop(1)
        rig.deliver()
        #expect(rig.server.routeMessages == rig.server.routes.count, "nothing was said of it")
        #expect(rig.word("10.0.0.0/8") == nil)
    }

    @Test("A route whose nexthop object is not known yet goes by the message's own copy of it")
    func nexthopObjectUnknown() {
        var rig = router()
        rig.tell(
            .netlink([
                .route(
                    Route(prefix: "10.0.0.0/8", nextHops: [leg1], nexthopID: 77),
                    change: [.create, .exclusive])
            ]))
        #expect(rig.word("10.0.0.0/8") == first)
    }

    @Test("A route via an IPv6 gateway or into a tunnel is held: punted, with the reason in the log")
    func heldRoutes() {
        var rig = router()
        rig.kernel.addRoute(
            Route(prefix: "10.0.0.0/8", nextHops: [NextHop(linkIndex: 3, gateway: "fe80::1")]))
        rig.kernel.addRoute(
            Route(
                prefix: "11.0.0.0/8",
                nextHops: [NextHop(linkIndex: 3, gateway: "172.31.1.11", encapsulation: 1)]))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == Forwarding(.punt))
        #expect(rig.word("11.0.0.0/8") == Forwarding(.punt))
        #expect(rig.log(containing: "IPv6").first?.ids["next_hop"] == "fe80::1")
        #expect(rig.log(containing: "tunnel").count == 1)
    }

    @Test(
        "When an interface goes down its subnet, hosts and routes go, its address stays, and all come back with it"
    )
    func interfaceDown() {
        var rig = router()
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.11", dev: 3))
        rig.settle()
        rig.kernel.setUp(3, false)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == nil)
        #expect(rig.word("172.31.1.0/24") == nil)
        #expect(rig.word("172.31.1.11/32") == nil)
        #expect(rig.word("172.31.1.1/32") == Forwarding(.local))
        #expect(rig.server.registration?.ports.first?.isUp == false)

        rig.kernel.setUp(3, true)
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.11", dev: 3))
        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_0011)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == first)
        #expect(rig.word("172.31.1.0/24") == Forwarding(.punt))
        #expect(rig.server.registration?.ports.first?.isUp == true)
    }
}
