import NetTypes
import RFLib

/// Announces the VM's ports through the virtual switch by mapping frames, each until rfserver confirms it.
struct PortAnnouncer: Sendable {
    private struct Announcement {
        var backoff: Backoff
        var next: Instant
    }

    private let vmID: VMID
    private var token: UInt64 = 0
    private var announcements: [UInt8: Announcement] = [:]
    /// The ports that rfserver has confirmed.
    private var mapped: Set<UInt8> = []

    init(vmID: VMID) {
        self.vmID = vmID
    }

    /// When the next frame is due.
    var deadline: Instant? { announcements.values.map(\.next).min() }

    /// Frames carry this from now on; nil for none. Another one than before starts all ports again.
    mutating func use(token new: UInt64?) {
        let new = new ?? 0
        guard new != token else { return }
        token = new
        announcements = [:]
        mapped = []
    }

    /// rfserver has confirmed a port, or has withdrawn that.
    mutating func confirm(_ port: UInt8, isRemoval: Bool) {
        if isRemoval { mapped.remove(port) } else { mapped.insert(port) }
    }

    /// rfserver has confirmed these ports and no other.
    mutating func confirm(only ports: Set<UInt8>) {
        mapped = ports
    }

    /// The frames that are due, with the port of each. A port that has just come up is due at once.
    mutating func due(upPorts: [UInt8], source: MACAddress, at now: Instant) -> [(UInt8, MappingFrame)] {
        guard token != 0 else { return [] }
        let wanted = Set(upPorts).subtracting(mapped)
        announcements = announcements.filter { wanted.contains($0.key) }
        return wanted.sorted().compactMap { port in
            var announcement =
                announcements[port]
                ?? Announcement(
                    backoff: Backoff(from: .milliseconds(100), upTo: .seconds(5), seed: UInt64(port)),
                    next: now)
            defer { announcements[port] = announcement }
            guard announcement.next <= now else { return nil }
            announcement.next = now.advanced(by: announcement.backoff.step())
            return (port, MappingFrame(source: source, vmID: vmID, vmPort: port, token: token))
        }
    }
}
