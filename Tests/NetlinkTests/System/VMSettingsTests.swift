import NetTypes
import Testing

@testable import Netlink

extension KernelTests {
    @Suite struct Settings {
        private func settings() throws -> VMSettings {
            VMSettings(
                management: "eth0", managementNetworks: [try #require(IPPrefix("10.9.0.0/24"))],
                dataInterfaces: ["eth1"])
        }

        /// A VM between two neighbours: `office` on its management interface, `host` on its data interface.
        private struct Site {
            let vm: PrivateNetwork
            let office: PrivateNetwork
            let host: PrivateNetwork

            init() async throws {
                vm = try await PrivateNetwork()
                office = try await PrivateNetwork()
                host = try await PrivateNetwork()
                try await vm.ip(
                    "link add eth0 type veth peer name up0", "link add eth1 type veth peer name up1",
                    "link set up0 netns \(office.threadID)", "link set up1 netns \(host.threadID)",
                    "addr add 10.9.0.2/24 dev eth0", "addr add 172.31.1.1/24 dev eth1", "link set eth0 up",
                    "link set eth1 up")
                try await office.ip(
                    "addr add 10.9.0.1/24 dev up0", "link set up0 up", "route add default via 10.9.0.2")
                try await host.ip(
                    "addr add 172.31.1.2/24 dev up1", "link set up1 up", "route add default via 172.31.1.1")
                _ = try await vm.run { try SystemFile.write("1", to: "/proc/sys/net/ipv4/ip_forward") }
            }

            /// Waits until a ping from the host's side is answered: the cables may still be coming up.
            func waitUntilHostReaches(_ address: String) async throws {
                while await !hostReaches(address) { try Task.checkCancellation() }
            }

            /// True if a ping from the host's side is answered.
            func hostReaches(_ address: String) async -> Bool {
                let reply = try? await host.run { try Program.run("ping", ["-c1", "-W1", address]) }
                return reply != nil
            }
        }

        @Test func `All settings are made, verified, and made again without a change`() async throws {
            let site = try await Site()
            let settings = try settings()
            try await site.vm.run {
                let before = try settings.differences()
                #expect(before.contains { $0.name == "net/ipv4/conf/all/arp_ignore" })
                #expect(before.contains { $0.name == "the transmit checksum offload of eth1" })
                _ = try settings.apply()
                #expect(try settings.differences() == [])
                _ = try settings.apply()
                #expect(try settings.differences() == [])
            }
        }

        @Test func `A setting that was changed by another is found and put right`() async throws {
            let site = try await Site()
            let settings = try settings()
            try await site.vm.run {
                _ = try settings.apply()
                try SystemFile.write("2", to: "/proc/sys/net/ipv4/conf/eth1/rp_filter")
                _ = try Program.run("nft", ["flush", "table", "inet", "routeflow"])
                #expect(
                    try settings.differences().map(\.name) == [
                        "net/ipv4/conf/eth1/rp_filter", "the nft table inet routeflow",
                    ])
                _ = try settings.apply()
                #expect(try settings.differences() == [])
            }
        }

        @Test
        func `A host reaches the router, but neither the management network nor the router's address on it`()
            async throws
        {
            let site = try await Site()
            try await site.waitUntilHostReaches("10.9.0.2")
            try await site.waitUntilHostReaches("10.9.0.1")
            let settings = try settings()
            _ = try await site.vm.run { try settings.apply() }
            try await site.waitUntilHostReaches("172.31.1.1")
            #expect(await !site.hostReaches("10.9.0.2"))
            #expect(await !site.hostReaches("10.9.0.1"))
            _ = try await site.vm.run { try Program.run("ping", ["-c1", "-W1", "10.9.0.1"]) }
        }

        @Test func `A data interface that is gone is noted, and the others are set`() async throws {
            let site = try await Site()
            var settings = try settings()
            settings.dataInterfaces.append("eth7")
            let notes = try await site.vm.run { [settings] in try settings.apply() }
            #expect(notes.contains { $0.contains("eth7") })
        }

        @Test func `An IPv6 management network is guarded too, and link-local addresses are not`()
            async throws
        {
            let site = try await Site()
            var settings = try settings()
            settings.managementNetworks += [
                try #require(IPPrefix("2001:db8:9::/64")), try #require(IPPrefix("fe80::/64")),
            ]
            let listing = try await site.vm.run { [settings] in
                _ = try settings.apply()
                #expect(try settings.differences() == [])
                return try Program.run("nft", ["list", "ruleset"])
            }
            #expect(listing.contains("2001:db8:9::/64"))
            #expect(!listing.contains("fe80"))
        }
    }
}
