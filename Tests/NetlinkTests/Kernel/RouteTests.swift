import NetTypes
import Testing

@testable import Netlink

extension KernelTests {
    @Suite struct Routes {
        @Test func `Routes of each length and type are seen as events and in a dump alike`() async throws {
            let lab = try await Lab()
            var commands = (0...32).map { "route add \(prefix($0)) via 10.0.0.2 dev left metric 7" }
            commands += [
                "route add blackhole 203.0.113.0/24", "route add unreachable 203.0.114.0/24",
                "route add prohibit 203.0.115.0/24",
                "route add 203.0.116.0/24 nexthop via 10.0.0.2 weight 1 nexthop via 10.0.1.2 weight 3",
                "nexthop add id 11 via 10.0.0.2 dev left", "nexthop add id 12 via 10.0.1.2 dev other",
                "nexthop add id 20 group 11,2/12", "route add 203.0.117.0/24 nhid 11",
                "route add 203.0.118.0/24 nhid 20",
                "route add 203.0.119.0/24 via inet6 fe80::2 dev left",
                "route add 203.0.120.0/24 dev left scope link",
                "route add 203.0.121.0/24 via 10.0.0.2 table 100",
                "route add 2001:db8::/32 dev left",
            ]
            try await lab.network.ipBatch(commands)

            let live = try await lab.events.wait {
                $0.contains { $0.route?.prefix == IPPrefix("203.0.120.0/24") }
            }
            .compactMap(\.route)
            lab.events.forget()
            lab.monitor.dump([.routes])
            let dumped = try await lab.events.dump(.routes).compactMap(\.route)

            for length in 0...32 {
                let route = try #require(dumped.first { Int($0.prefix.length) == length && $0.priority == 7 })
                #expect(route.prefix == IPPrefix(prefix(length)))
                #expect(route.nextHops == [NextHop(linkIndex: lab.left, gateway: IPAddress("10.0.0.2"))])
                #expect(route.type == .unicast)
                #expect(route.table == .main)
            }
            for route in live { #expect(dumped.contains(route), "\(route)") }
            func found(_ text: String) throws -> Route {
                try #require(dumped.first { $0.prefix == IPPrefix(text) })
            }
            #expect(try found("203.0.113.0/24").type == .blackhole)
            #expect(try found("203.0.114.0/24").type == .unreachable)
            #expect(try found("203.0.115.0/24").type == .prohibit)
            #expect(try found("203.0.113.0/24").nextHops == [])
            let legs = [
                NextHop(linkIndex: lab.left, gateway: IPAddress("10.0.0.2")),
                NextHop(linkIndex: lab.other, gateway: IPAddress("10.0.1.2"), weight: 3),
            ]
            #expect(try found("203.0.116.0/24").nextHops == legs)
            #expect(try found("203.0.117.0/24").nextHops == [legs[0]])
            #expect(try found("203.0.117.0/24").nexthopID == 11)
            #expect(try found("203.0.118.0/24").nextHops.count == 2)
            #expect(try found("203.0.118.0/24").nexthopID == 20)
            #expect(
                try found("203.0.119.0/24").nextHops == [
                    NextHop(linkIndex: lab.left, gateway: IPAddress("fe80::2"))
                ])
            #expect(try found("203.0.120.0/24").nextHops == [NextHop(linkIndex: lab.left)])
            #expect(!dumped.contains { $0.prefix == IPPrefix("203.0.121.0/24") })
            #expect(dumped.allSatisfy { $0.prefix.address.v4 != nil })
            #expect(lab.monitor.counters.malformed == 0)
        }
    }
}

/// A network of this length that no other test route shares: 0.0.0.0/0, 128.0.0.0/1, ..., 170.170.170.170/32.
private func prefix(_ length: Int) -> String {
    IPPrefix(.v4(IPv4Address(rawValue: 0xAAAA_AAAA)), length: length).map(\.description) ?? ""
}
