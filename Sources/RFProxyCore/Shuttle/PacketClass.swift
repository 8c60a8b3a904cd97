import NetTypes
import OpenFlow

/// How much a packet matters where not all can pass. The first matters most.
enum PacketClass: Int, Hashable, Sendable, CaseIterable {
    /// OSPF, RIP and BGP: without them the neighbours give up.
    case routing
    /// ARP: without it nobody finds the router.
    case arp
    /// To the router itself.
    case own
    /// What the switch had no flow for, and what ran out of TTL.
    case miss
}

extension PacketHeader {
    private static let bgpPort: UInt16 = 179
    private static let ripPort: UInt16 = 520

    /// How much the packet matters, on the way to or from a router with these addresses.
    ///
    /// BGP counts by either port, since the router opens sessions too, but only to or from a router itself.
    func packetClass(ownAddresses: Set<IPv4Address>, isFromRouter: Bool) -> PacketClass {
        if etherType == OpenFlow10.EtherType.arp.rawValue { return .arp }
        guard let ipv4 else { return .miss }
        let isOwn = isFromRouter || ownAddresses.contains(ipv4.destination)
        switch (ipv4.ipProtocol, ipv4.ports) {
        case (.ospf, _): return .routing
        case (.udp, let ports?) where ports.destination == Self.ripPort: return .routing
        case (.tcp, let ports?)
        where isOwn && (ports.destination == Self.bgpPort || ports.source == Self.bgpPort):
            return .routing
        case (_, _): return isOwn ? .own : .miss
        }
    }
}
