import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

@Suite("One winner for each prefix")
struct WinnerTests {
    private let gateway = Forwarding(.route, port: 2, destination: 0x0200_0000_0022)

    /// A router that has resolved the gateway 172.31.2.22 on eth2 (interface 4).
    private func router() -> Rig {
        var rig = Rig.router()
        rig.kernel.learn("172.31.2.22", on: 4, at: 0x0200_0000_0022)
        rig.settle()
        return rig
    }

    @Test(
        "The router's own addresses are local, its subnets are punted, and nothing of the management interface is said"
    )
    func bareRouter() {
        let rig = router()
        #expect(
            rig.server.routes == [
                "172.31.1.1/32": Forwarding(.local), "172.31.1.0/24": Forwarding(.punt),
                "172.31.2.1/32": Forwarding(.local), "172.31.2.0/24": Forwarding(.punt),
                "172.31.3.1/32": Forwarding(.local), "172.31.3.0/24": Forwarding(.punt),
                "172.31.2.22/32": Forwarding(.host, port: 2, destination: 0x0200_0000_0022),
            ])
    }

    @Test(
        "Routes of every prefix length are said as they are (trap 3, trap 16)",
        arguments: [0, 1, 13, 24, 25, 31, 32])
    func prefixLengths(length: Int) throws {
        var rig = router()
        let prefix = try #require(IPPrefix("198.51.100.77", length: length))
        rig.kernel.addRoute(route(prefix, via: "172.31.2.22", dev: 4))
        rig.settle()
        #expect(rig.word(prefix) == gateway)
        #expect(rig.server.routes.count == 8)

        rig.kernel.removeRoute(route(prefix, via: "172.31.2.22", dev: 4))
        rig.settle()
        #expect(rig.word(prefix) == nil)
        #expect(rig.server.routes.count == 7)
    }

    @Test("Of two metrics the lower wins, and deleting it uncovers the other (trap 7)")
    func twoMetrics() {
        var rig = router()
        rig.kernel.learn("172.31.3.33", on: 5, at: 0x0200_0000_0033)
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.3.33", dev: 5, metric: 20))
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4, metric: 10))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == gateway)

        rig.kernel.removeRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4, metric: 10))
        rig.settle()
        #expect(
            rig.word("10.0.0.0/8") == Forwarding(.route, port: 3, destination: 0x0200_0000_0033))
    }

    @Test(
        "A route that replaces another takes its place, and so does what is left of several equal ones (trap 7)"
    )
    func replacedRoute() {
        var rig = router()
        rig.kernel.learn("172.31.3.33", on: 5, at: 0x0200_0000_0033)
        let other = Forwarding(.route, port: 3, destination: 0x0200_0000_0033)
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4))
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.3.33", dev: 5), .replace)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == other)

        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4), .prepend)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == gateway)

        rig.kernel.removeRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == other)
    }

    @Test("A withdrawn route leaves nothing behind that hides a less specific one (trap 8)")
    func withdrawnRoute() {
        var rig = router()
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4))
        rig.kernel.addRoute(route("10.1.0.0/16", via: "172.31.3.99", dev: 5))
        rig.settle()
        #expect(rig.word("10.1.0.0/16") == Forwarding(.punt))
        rig.kernel.removeRoute(route("10.1.0.0/16", via: "172.31.3.99", dev: 5))
        rig.settle()
        #expect(rig.word("10.1.0.0/16") == nil)
        #expect(rig.word("10.0.0.0/8") == gateway)
    }

    @Test("A connected subnet stays punted under a default route, so that a host not known yet is found")
    func defaultRouteOverConnectedSubnet() {
        var rig = router()
        rig.kernel.addRoute(route("0.0.0.0/0", via: "172.31.2.22", dev: 4))
        rig.settle()
        #expect(rig.word("0.0.0.0/0") == gateway)
        #expect(rig.word("172.31.1.0/24") == Forwarding(.punt))
    }

    @Test("Blackhole, unreachable and prohibit routes are said as such, and uncover what they hid")
    func otherTypes() {
        var rig = router()
        rig.kernel.addRoute(Route(prefix: "10.0.0.0/8", type: .blackhole, priority: 5))
        rig.kernel.addRoute(Route(prefix: "11.0.0.0/8", type: .unreachable))
        rig.kernel.addRoute(Route(prefix: "12.0.0.0/8", type: .prohibit))
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4, metric: 9))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == Forwarding(.blackhole))
        #expect(rig.word("11.0.0.0/8") == Forwarding(.punt))
        #expect(rig.word("12.0.0.0/8") == Forwarding(.punt))

        rig.kernel.removeRoute(Route(prefix: "10.0.0.0/8", type: .blackhole, priority: 5))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == gateway)
    }

    @Test("An own address wins over a host route to it, and uncovers it when it leaves")
    func ownAddress() {
        var rig = router()
        rig.kernel.addRoute(route("192.0.2.1/32", via: "172.31.2.22", dev: 4))
        rig.kernel.addAddress("192.0.2.1", 32, on: 1)
        rig.settle()
        #expect(rig.word("192.0.2.1/32") == Forwarding(.local))
        rig.kernel.removeAddress("192.0.2.1", 32, on: 1)
        rig.settle()
        #expect(rig.word("192.0.2.1/32") == gateway)
    }

    @Test("127.0.0.1 is not reported, other addresses of the loopback interface are")
    func loopback() {
        var rig = router()
        rig.kernel.addAddress("127.0.0.1", 8, on: 1)
        rig.kernel.addAddress("192.0.2.7", 32, on: 1)
        rig.settle()
        #expect(rig.word("192.0.2.7/32") == Forwarding(.local))
        #expect(!rig.server.routes.keys.contains { $0.address.v4?.isLoopback ?? false })
    }

    @Test("A route out of the management interface counts in the kernel's choice and is not announced")
    func managementRoute() {
        var rig = router()
        rig.kernel.addRoute(route("10.0.0.0/8", via: "10.0.3.1", dev: 2, metric: 1))
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4, metric: 2))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == nil)
        rig.kernel.removeRoute(route("10.0.0.0/8", via: "10.0.3.1", dev: 2, metric: 1))
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == gateway)
    }

    @Test("A route into what is no data port is punted, so that a default route does not swallow its packets")
    func routeElsewhere() {
        var rig = router()
        rig.kernel.addLink(9, "tunnel", nil)
        rig.kernel.addRoute(route("0.0.0.0/0", via: "172.31.2.22", dev: 4))
        rig.kernel.addRoute(Route(prefix: "10.61.0.0/16", nextHops: [NextHop(linkIndex: 9)]))
        rig.settle()
        #expect(rig.word("0.0.0.0/0") == gateway)
        #expect(rig.word("10.61.0.0/16") == Forwarding(.punt))
    }

    @Test("A host route on the link is a host once the neighbour is known, and punted before")
    func onLinkHostRoute() {
        var rig = router()
        rig.kernel.addRoute(Route(prefix: "198.51.100.9/32", scope: .link, nextHops: [NextHop(linkIndex: 3)]))
        rig.settle()
        #expect(rig.word("198.51.100.9/32") == Forwarding(.punt))
        rig.kernel.learn("198.51.100.9", on: 3, at: 0x0200_0000_0009)
        rig.settle()
        #expect(
            rig.word("198.51.100.9/32") == Forwarding(.host, port: 1, destination: 0x0200_0000_0009))
    }

    @Test("Routes of other tables, for a type of service, or of IPv6 change nothing (trap 4)")
    func routesOfNoInterest() {
        var rig = router()
        let before = rig.server.routes
        var events: [NetlinkEvent] = []
        for tos in [4, 0] as [UInt8] {
            let table: RouteTable = tos == 0 ? .local : .main
            events.append(
                .route(
                    Route(
                        prefix: "10.0.0.0/8", table: table, tos: tos,
                        nextHops: [NextHop(linkIndex: 4, gateway: "172.31.2.22")]),
                    change: [.create, .exclusive]))
        }
        events.append(
            .route(
                Route(prefix: "fe80::/64", nextHops: [NextHop(linkIndex: 4)]), change: [.create, .exclusive]))
        events.append(
            .neighbour(
                Neighbour(linkIndex: 4, address: "fe80::1", linkAddress: 0x0200_0000_0001, state: .reachable))
        )
        events.append(.address(InterfaceAddress(linkIndex: 4, address: "fe80::2", prefixLength: 64)))
        rig.tell(.netlink(events))
        rig.settle()
        #expect(rig.server.routes == before)
    }
}
