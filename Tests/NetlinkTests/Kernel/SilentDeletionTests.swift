import NetTypes
import Testing

@testable import Netlink

extension KernelTests {
    /// What the kernel does not say, and what it says instead: that is when routes have to be dumped again.
    @Suite struct SilentDeletions {
        /// The prefixes of a fresh dump of the main table.
        private func routes(_ lab: Lab) async throws -> [Route] {
            lab.events.forget()
            lab.monitor.dump([.routes])
            return try await lab.events.dump(.routes).compactMap(\.route)
        }

        private let prefix = IPPrefix("203.0.113.0/24")

        @Test func `A link that goes down takes its routes without a word, but is seen itself`() async throws
        {
            let lab = try await Lab()
            try await lab.network.ip("route add 203.0.113.0/24 via 10.0.0.2", "link set left down")
            let events = try await lab.events.wait {
                $0.contains { $0.link.map { $0.name == "left" && !$0.isUp } ?? false }
            }
            #expect(events.contains { $0.route?.prefix == prefix })
            #expect(!(try await routes(lab)).contains { $0.prefix == prefix })
            #expect(!events.contains { $0.removedRoute?.prefix == prefix })
        }

        @Test func `A nexthop object takes its routes without a word, but is seen itself`() async throws {
            let lab = try await Lab()
            try await lab.network.ip(
                "nexthop add id 5 via 10.0.0.2 dev left", "route add 203.0.113.0/24 nhid 5",
                "nexthop del id 5")
            let events = try await lab.events.wait { $0.contains(.nexthopRemoved(id: 5)) }
            #expect(!(try await routes(lab)).contains { $0.prefix == prefix })
            #expect(!events.contains { $0.removedRoute?.prefix == prefix })
        }

        @Test func `A lost carrier marks the next hop, without a word about the route`() async throws {
            let lab = try await Lab()
            try await lab.network.ip("route add 203.0.113.0/24 via 10.0.0.2")
            try await lab.events.wait { $0.contains { $0.route?.prefix == prefix } }
            lab.events.forget()
            try await lab.network.ip("link set right down")
            let events = try await lab.events.wait {
                $0.contains { $0.link.map { $0.name == "left" && $0.isUp && !$0.hasCarrier } ?? false }
            }
            #expect(!events.contains { $0.route?.prefix == prefix || $0.removedRoute?.prefix == prefix })
            let route = try #require(try await routes(lab).first { $0.prefix == prefix })
            #expect(route.nextHops.map(\.isUsable) == [false])
            #expect(route.nextHops.first?.flags == .linkDown)
        }

        @Test func `One leg of a multipath route dies without a word, and a dump shows it dead`() async throws
        {
            let lab = try await Lab()
            try await lab.network.ip(
                "route add 203.0.113.0/24 nexthop via 10.0.0.2 nexthop via 10.0.1.2", "link set left down")
            let events = try await lab.events.wait {
                $0.contains { $0.link.map { $0.name == "left" && !$0.isUp } ?? false }
            }
            #expect(!events.contains { $0.removedRoute?.prefix == prefix })
            let route = try #require(try await routes(lab).first { $0.prefix == prefix })
            #expect(route.nextHops.map(\.isUsable) == [false, true])
        }

        @Test func `Trap 7: one of two routes of a prefix is removed by itself, and the other stays`()
            async throws
        {
            let lab = try await Lab()
            try await lab.network.ip(
                "route add 203.0.113.0/24 via 10.0.0.2 metric 10",
                "route add 203.0.113.0/24 via 10.0.1.2 metric 20",
                "route del 203.0.113.0/24 metric 10")
            let events = try await lab.events.wait { $0.contains { $0.removedRoute != nil } }
            #expect(events.compactMap(\.removedRoute).map(\.priority) == [10])
            #expect(try await routes(lab).filter { $0.prefix == prefix }.map(\.priority) == [20])
        }

        @Test func `Trap 7: replacing tells of the new route only, and changes the first of its equals`()
            async throws
        {
            let lab = try await Lab()
            try await lab.network.ip(
                "route add 203.0.113.0/24 via 10.0.0.2", "route append 203.0.113.0/24 via 10.0.0.3",
                "route replace 203.0.113.0/24 via 10.0.0.4")
            let events = try await lab.events.wait { all in
                all.contains { if case .route(_, .replace) = $0 { true } else { false } }
            }
            #expect(!events.contains { $0.removedRoute != nil })
            let gateways = try await routes(lab).filter { $0.prefix == prefix }.flatMap(\.nextHops)
                .compactMap(\.gateway)
            #expect(gateways.map(\.description) == ["10.0.0.4", "10.0.0.3"])
        }

        @Test func `A link that is deleted takes its routes and addresses, and is seen itself`() async throws
        {
            let lab = try await Lab()
            try await lab.network.ip("route add 203.0.113.0/24 via 10.0.0.2", "link del left")
            try await lab.events.wait { $0.contains(.linkRemoved(index: lab.left)) }
            #expect(!(try await routes(lab)).contains { $0.nextHops.contains { $0.linkIndex == lab.left } })
        }
    }
}
