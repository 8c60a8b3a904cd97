import NetTypes
import Synchronization
import Testing

@testable import Netlink

/// A private network with two cables, and a monitor that has dumped everything:
/// `left` (10.0.0.1/24) to `right`, and `other` (10.0.1.1/24) to `end`, all up.
final class Lab: Sendable {
    let network: PrivateNetwork
    let events: Events
    let monitor: NetlinkMonitor
    /// The interface index of `left`.
    let left: UInt32
    /// The interface index of `other`.
    let other: UInt32
    private let kept = Mutex<[PrivateNetwork]>([])

    init(_ configuration: NetlinkMonitor.Configuration = .init()) async throws {
        let network = try await PrivateNetwork()
        try await network.ip(
            "link add left type veth peer name right", "link add other type veth peer name end",
            "addr add 10.0.0.1/24 dev left", "addr add 10.0.1.1/24 dev other",
            "link set left up", "link set right up", "link set other up", "link set end up")
        let events = Events()
        let monitor = try await network.run {
            try NetlinkMonitor(configuration: configuration, deliver: events.sink)
        }
        monitor.dump()
        let first = try await events.wait { $0.contains(.dumpEnded(.neighbours)) }
        func index(_ name: String) throws -> UInt32 {
            try #require(first.compactMap(\.link).first { $0.name == name }).index
        }
        left = try index("left")
        other = try index("other")
        events.forget()
        self.network = network
        self.events = events
        self.monitor = monitor
    }
    /// Lets another namespace live as long as the lab, whose cables would go with it.
    func keep(_ other: PrivateNetwork) {
        kept.withLock { $0.append(other) }
    }
}
