import NetTypes
import Testing

@testable import Netlink

extension KernelTests {
    @Suite struct Monitor {
        @Test func `The first dump shows links, addresses and neighbours, each kind between its marks`()
            async throws
        {
            let lab = try await Lab()
            try await lab.network.ip("neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev left nud reachable")
            try await lab.network.ip("nexthop add id 3 via 10.0.0.2 dev left")
            lab.events.forget()
            lab.monitor.dump()
            let events = try await lab.events.wait { $0.contains(.dumpEnded(.neighbours)) }
            let marks = events.filter { $0.kind == nil }
            #expect(marks == DumpKind.allCases.flatMap { [.dumpBegan($0), .dumpEnded($0)] })
            #expect(
                Set(events.compactMap(\.link?.name)).isSuperset(of: ["lo", "left", "right", "other", "end"]))
            #expect(events.compactMap(\.link).allSatisfy { ($0.name == "lo") == $0.isLoopback })
            #expect(events.contains { $0.neighbour?.linkAddress == MACAddress("02:00:00:00:00:09") })
            let addresses = events.compactMap { if case .address(let address) = $0 { address } else { nil } }
            #expect(Set(addresses.map(\.address.description)) == ["127.0.0.1", "10.0.0.1", "10.0.1.1"])
            #expect(
                events.contains { if case .nexthop(let object, _) = $0 { object.id == 3 } else { false } })
        }

        @Test func `A namespace without any route has an empty dump`() async throws {
            let network = try await PrivateNetwork()
            try await network.ip("link set lo down", "addr flush dev lo")
            let events = Events()
            let monitor = try await network.run { try NetlinkMonitor(deliver: events.sink) }
            monitor.dump([.routes])
            #expect(try await events.dump(.routes) == [])
            monitor.stop()
        }

        @Test func `Both versions of IP are followed if both are wanted`() async throws {
            let lab = try await Lab(.init(families: [.ipv4, .ipv6]))
            try await lab.network.ip("route add 2001:db8::/32 dev left", "route add 192.0.2.0/24 dev left")
            try await lab.events.wait {
                $0.contains { $0.route?.prefix == IPPrefix("2001:db8::/32") }
                    && $0.contains { $0.route?.prefix == IPPrefix("192.0.2.0/24") }
            }
            lab.events.forget()
            lab.monitor.dump([.routes])
            let prefixes = try await lab.events.dump(.routes).compactMap(\.route?.prefix.description)
            #expect(Set(prefixes).isSuperset(of: ["2001:db8::/32", "192.0.2.0/24"]))
        }

        @Test func `An address that goes is seen`() async throws {
            let lab = try await Lab()
            try await lab.network.ip("addr del 10.0.0.1/24 dev left")
            try await lab.events.wait { all in
                all.contains {
                    if case .addressRemoved(let address) = $0 {
                        address.address == IPAddress("10.0.0.1")
                    } else {
                        false
                    }
                }
            }
        }

        @Test func `The receive buffer is as large as wanted, whatever the system's limit`() async throws {
            let lab = try await Lab()
            #expect(lab.monitor.receiveBufferSize == 2 * (64 << 20))
        }

        @Test func `A monitor that is stopped, twice even, delivers no more`() async throws {
            let lab = try await Lab()
            lab.monitor.stop()
            lab.monitor.stop()
            lab.monitor.dump()
            try await lab.network.ip("route add 203.0.113.0/24 via 10.0.0.2")
            lab.events.forget()
            #expect(try await lab.events.wait { _ in true } == [])
        }

        @Test func `A monitor that is gone leaves neither socket nor thread behind`() async throws {
            let network = try await PrivateNetwork()
            let before = try await network.count("netlink")
            var monitor: NetlinkMonitor? = try await network.run { try NetlinkMonitor { _ in } }
            monitor?.dump()
            #expect(try await network.count("netlink") >= before + 2)
            monitor = nil
            // The threads own the sockets: that these are closed shows that those have ended.
            try await network.wait(for: before, of: "netlink")
        }
    }
}
