import RFLib

/// Bounds what each port of a datapath may send to its VM, class by class, as the control plane of a router is policed.
///
/// The VMs of a machine share one kernel's table of neighbours, of 1024 entries if nobody has raised it, and each new ARP sender or
/// unknown destination takes one for some seconds. So what makes entries is bound much more than what does not.
struct Policer: Sendable {
    private struct Lane: Hashable {
        var port: PortID
        var packetClass: PacketClass
    }

    private var lanes: [Lane: RateLimit] = [:]

    /// The limit of a class. An ARP entry of a new sender stays for at least 5 s, one of an unknown host for 3 s.
    private static func limit(of packetClass: PacketClass) -> RateLimit {
        switch packetClass {
        case .routing: RateLimit(perSecond: 2000, burst: 2000)
        case .arp: RateLimit(perSecond: 50, burst: 100)
        case .own: RateLimit(perSecond: 1000, burst: 1000)
        case .miss: RateLimit(perSecond: 100, burst: 100)
        }
    }

    /// Counts a packet, and decides whether it may pass. Only ports that are mapped may be asked for: they bound what is kept.
    mutating func admits(_ packetClass: PacketClass, from port: PortID, at now: Instant) -> Bool {
        lanes[Lane(port: port, packetClass: packetClass), default: Self.limit(of: packetClass)].admits(
            at: now)
    }
}
