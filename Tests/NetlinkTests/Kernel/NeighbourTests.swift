import NetTypes
import Testing

@testable import Netlink

extension KernelTests {
    @Suite struct Neighbours {
        private let host = IPAddress.v4(IPv4Address(rawValue: 0x0A00_0002))

        /// A lab with a second namespace at the right end of the cable, and with short timers.
        private func pair() async throws -> (Lab, PrivateNetwork, NetlinkCommands) {
            let lab = try await Lab()
            let peer = try await PrivateNetwork()
            lab.keep(peer)
            try await lab.network.run {
                for (name, value) in [
                    ("retrans_time_ms", "20"), ("base_reachable_time_ms", "200"),
                    ("delay_first_probe_time", "0"),
                    ("interval_probe_time_ms", "100"),
                ] {
                    try SystemFile.write(value, to: "/proc/sys/net/ipv4/neigh/left/\(name)")
                }
            }
            try await lab.network.ip("link set right netns \(peer.threadID)")
            try await peer.ip("link set right address 02:00:00:00:00:22", "link set right up")
            return (lab, peer, try await lab.network.run { try NetlinkCommands() })
        }

        private func wait(_ lab: Lab, for isRight: (Neighbour) -> Bool) async throws {
            try await lab.events.wait {
                $0.contains { $0.neighbour.map { $0.address == host && isRight($0) } ?? false }
            }
        }

        @Test
        func `A managed neighbour is resolved, fails when it goes, and is found again with another MAC`()
            async throws
        {
            let (lab, peer, commands) = try await pair()
            try await peer.ip("addr add 10.0.0.2/24 dev right")
            try commands.manageNeighbour(linkIndex: lab.left, address: host)
            try await wait(lab) {
                $0.isValid && $0.linkAddress == MACAddress("02:00:00:00:00:22") && $0.isManaged
            }

            lab.events.forget()
            try await peer.ip("addr del 10.0.0.2/24 dev right")
            try await wait(lab) { $0.state == .failed }

            lab.events.forget()
            try await peer.ip("link set right address 02:00:00:00:00:23", "addr add 10.0.0.2/24 dev right")
            try await wait(lab) { $0.isValid && $0.linkAddress == MACAddress("02:00:00:00:00:23") }
        }

        @Test func `Trap 5: a managed neighbour that does not answer at first is found when it comes`()
            async throws
        {
            let (lab, peer, commands) = try await pair()
            try commands.manageNeighbour(linkIndex: lab.left, address: host)
            try await wait(lab) { $0.state == .failed }
            try await peer.ip("addr add 10.0.0.2/24 dev right")
            try await wait(lab) { $0.isValid }
        }

        @Test func `A probe resolves a neighbour once, and it is an ordinary entry`() async throws {
            let (lab, peer, commands) = try await pair()
            try await peer.ip("addr add 10.0.0.2/24 dev right")
            // The first may be lost, as long as the cable's carrier is on its way.
            var entry: Neighbour?
            while entry?.isValid != true {
                lab.events.forget()
                try commands.probe(linkIndex: lab.left, address: host)
                try await wait(lab) { $0.isValid || $0.state == .failed }
                entry = try await lab.events.wait { _ in true }.last { $0.neighbour?.address == host }?
                    .neighbour
            }
            #expect(entry?.flags == [])
        }

        @Test func `A neighbour that is managed no longer stays known, without the flags`() async throws {
            let (lab, peer, commands) = try await pair()
            try await peer.ip("addr add 10.0.0.2/24 dev right")
            try commands.manageNeighbour(linkIndex: lab.left, address: host)
            try await wait(lab) { $0.isValid && $0.isManaged }
            try commands.unmanageNeighbour(linkIndex: lab.left, address: host)
            lab.events.forget()
            lab.monitor.dump([.neighbours])
            let entry = try #require(
                try await lab.events.dump(.neighbours).compactMap(\.neighbour).first { $0.address == host })
            #expect(entry.isValid && entry.flags == [])
        }

        @Test func `A neighbour that is deleted is gone, and deleting it again is no error`() async throws {
            let (lab, _, commands) = try await pair()
            try commands.manageNeighbour(linkIndex: lab.left, address: host)
            try commands.deleteNeighbour(linkIndex: lab.left, address: host)
            try commands.deleteNeighbour(linkIndex: lab.left, address: host)
            try commands.unmanageNeighbour(linkIndex: lab.left, address: host)
            try await lab.events.wait { all in
                all.contains {
                    if case .neighbourRemoved(let entry) = $0 { entry.address == host } else { false }
                }
            }
            lab.events.forget()
            lab.monitor.dump([.neighbours])
            #expect(!(try await lab.events.dump(.neighbours)).contains { $0.neighbour?.address == host })
        }

        @Test func `A refused order says why`() async throws {
            let (lab, _, commands) = try await pair()
            let error = #expect(throws: NetlinkError.self) {
                try commands.manageNeighbour(linkIndex: 4711, address: host)
            }
            #expect(error?.code == .refused)
            #expect(error?.errno == 19)
            try await lab.network.ip("link set left down")
            #expect(throws: NetlinkError.self) { try commands.setLinkUp(index: 4711, true) }
        }

        @Test func `A MAC address is set and seen, and the interface's neighbours are forgotten`()
            async throws
        {
            let (lab, peer, commands) = try await pair()
            try await peer.ip("addr add 10.0.0.2/24 dev right")
            try commands.manageNeighbour(linkIndex: lab.left, address: host)
            try await wait(lab) { $0.isValid }
            let address = try #require(MACAddress("02:00:00:00:00:77"))
            try commands.setLinkAddress(index: lab.left, address)
            try await lab.events.wait { $0.contains { $0.link?.address == address } }
            try await lab.events.wait { all in
                all.contains {
                    if case .neighbourRemoved(let entry) = $0 { entry.address == host } else { false }
                }
            }
        }

        @Test func `A link is switched off and on`() async throws {
            let (lab, _, commands) = try await pair()
            try commands.setLinkUp(index: lab.left, false)
            try await lab.events.wait {
                $0.contains { $0.link.map { $0.index == lab.left && !$0.isUp } ?? false }
            }
            lab.events.forget()
            try commands.setLinkUp(index: lab.left, true)
            try await lab.events.wait {
                $0.contains { $0.link.map { $0.index == lab.left && $0.isUp } ?? false }
            }
        }
    }
}
