import RFLib

/// Bounds what each port of a datapath may send to its VM, class by class, as the control plane of a router is policed.
///
/// The VMs of a machine share one kernel's table of neighbours, of 1024 entries if nobody has raised it, and each new ARP sender or
/// unknown destination takes one for some seconds. So what makes entries is bound much more than what does not.
struct Policer: Sendable {
    /// How many packets a port may send.
    struct Rate: Sendable {
        /// In a second, for any length of time.
        var perSecond: Int64
        /// At once, after a pause.
        var burst: Int64
    }

    private struct Lane: Hashable {
        var port: PortID
        var packetClass: PacketClass
    }

    /// When all packets of a lane so far would have been due at its rate (the generic cell rate algorithm, ITU-T I.371).
    private var dues: [Lane: Instant] = [:]

    /// The rate of a class. An ARP entry of a new sender stays for at least 5 s, one of an unknown host for 3 s.
    static func rate(of packetClass: PacketClass) -> Rate {
        switch packetClass {
        case .routing: Rate(perSecond: 2000, burst: 2000)
        case .arp: Rate(perSecond: 50, burst: 100)
        case .own: Rate(perSecond: 1000, burst: 1000)
        case .miss: Rate(perSecond: 100, burst: 100)
        }
    }

    /// Counts a packet, and decides whether it may pass. Only ports that are mapped may be asked for: they bound what is kept.
    mutating func admits(_ packetClass: PacketClass, from port: PortID, at now: Instant) -> Bool {
        let rate = Self.rate(of: packetClass)
        let interval = Duration.nanoseconds(1_000_000_000 / rate.perSecond)
        let lane = Lane(port: port, packetClass: packetClass)
        let due = max(dues[lane] ?? now, now)
        guard now.duration(to: due) <= interval * Int(rate.burst - 1) else { return false }
        dues[lane] = due.advanced(by: interval)
        return true
    }
}
