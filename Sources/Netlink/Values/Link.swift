public import NetTypes

/// A network interface as the kernel sees it (rtnetlink(7), `RTM_NEWLINK`).
public struct Link: Hashable, Sendable, Codable {
    /// The interface index; the kernel may give it to another interface once this one is gone.
    public var index: UInt32
    /// The interface name, without a terminating zero.
    public var name: String
    /// The hardware address, or nil if the interface has none of six octets.
    public var address: MACAddress?
    /// The `IFF_*` flags (netdevice(7)).
    public var flags: LinkFlags
    /// The RFC 2863 operational state.
    public var operationalState: OperationalState
    /// The largest payload in octets.
    public var mtu: UInt32
    /// The index of the bridge, bond or VRF that the interface belongs to.
    public var master: UInt32?
    /// The driver's kind (`veth`, `dummy`, `bridge`, ...) where it has one.
    public var kind: String?

    /// Creates a link; only what a test or a recording names needs to be given.
    public init(
        index: UInt32, name: String, address: MACAddress? = nil, flags: LinkFlags = [],
        operationalState: OperationalState = .unknown, mtu: UInt32 = 1500, master: UInt32? = nil,
        kind: String? = nil
    ) {
        self.index = index
        self.name = name
        self.address = address
        self.flags = flags
        self.operationalState = operationalState
        self.mtu = mtu
        self.master = master
        self.kind = kind
    }

    /// True if the administrator has switched the interface on.
    public var isUp: Bool { flags.contains(.up) }

    /// True if a signal arrives: the same test as the kernel's own before it marks next hops `RTNH_F_LINKDOWN`
    /// (net/ipv4/fib_frontend.c, `fib_netdev_event`).
    public var hasCarrier: Bool { !flags.isDisjoint(with: [.running, .lowerUp]) }

    /// True for `lo`.
    public var isLoopback: Bool { flags.contains(.loopback) }
}

/// The flags of a link (linux/if.h, `IFF_*`). Bits without a name here are kept.
public struct LinkFlags: OptionSet, Hashable, Sendable, Codable {
    /// The `ifi_flags` word.
    public let rawValue: UInt32

    /// Creates flags from an `ifi_flags` word.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Switched on by the administrator.
    public static let up = LinkFlags(rawValue: 0x1)
    /// Has a broadcast address.
    public static let broadcast = LinkFlags(rawValue: 0x2)
    /// The loopback interface.
    public static let loopback = LinkFlags(rawValue: 0x8)
    /// Operational in the sense of RFC 2863.
    public static let running = LinkFlags(rawValue: 0x40)
    /// Does no address resolution.
    public static let noARP = LinkFlags(rawValue: 0x80)
    /// The driver signals a carrier.
    public static let lowerUp = LinkFlags(rawValue: 0x1_0000)
}

/// The operational state of a link (RFC 2863, 3.1.14; linux/if.h, `IF_OPER_*`). Values without a name are kept.
public struct OperationalState: RawRepresentable, Hashable, Sendable, Codable {
    /// The `IFLA_OPERSTATE` octet.
    public let rawValue: UInt8

    /// Creates a state from an `IFLA_OPERSTATE` octet.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The driver does not say.
    public static let unknown = OperationalState(rawValue: 0)
    /// Cannot pass packets.
    public static let down = OperationalState(rawValue: 2)
    /// Cannot pass packets because an interface below it cannot.
    public static let lowerLayerDown = OperationalState(rawValue: 3)
    /// Waits for an external event.
    public static let dormant = OperationalState(rawValue: 5)
    /// Passes packets.
    public static let up = OperationalState(rawValue: 6)
}
