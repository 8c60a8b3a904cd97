/// A routing table (linux/rtnetlink.h, `RT_TABLE_*`).
public struct RouteTable: RawRepresentable, Hashable, Sendable, Codable {
    /// The number of the table.
    public let rawValue: UInt32

    /// Creates a table from its number.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The table that routing engines and people fill.
    public static let main = RouteTable(rawValue: 254)
    /// The table of the machine's own and broadcast addresses, which the kernel fills.
    public static let local = RouteTable(rawValue: 255)
}

/// What becomes of a packet that matches a route (linux/rtnetlink.h, `RTN_*`). Values without a name are kept.
public struct RouteType: RawRepresentable, Hashable, Sendable, Codable {
    /// The `rtm_type` octet.
    public let rawValue: UInt8

    /// Creates a type from an `rtm_type` octet.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Forwarded by a next hop.
    public static let unicast = RouteType(rawValue: 1)
    /// Delivered to this machine.
    public static let local = RouteType(rawValue: 2)
    /// Sent as a link broadcast.
    public static let broadcast = RouteType(rawValue: 3)
    /// Sent as a multicast.
    public static let multicast = RouteType(rawValue: 5)
    /// Dropped without a word.
    public static let blackhole = RouteType(rawValue: 6)
    /// Dropped with an ICMP "host unreachable".
    public static let unreachable = RouteType(rawValue: 7)
    /// Dropped with an ICMP "administratively prohibited".
    public static let prohibit = RouteType(rawValue: 8)
    /// The look-up goes on in the next table.
    public static let `throw` = RouteType(rawValue: 9)
}

/// Who made a route (linux/rtnetlink.h, `RTPROT_*`). Values without a name are kept.
public struct RouteOrigin: RawRepresentable, Hashable, Sendable, Codable {
    /// The `rtm_protocol` octet.
    public let rawValue: UInt8

    /// Creates an origin from an `rtm_protocol` octet.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The kernel, for an interface address.
    public static let kernel = RouteOrigin(rawValue: 2)
    /// The `ip route` command, which says `boot` unless told otherwise.
    public static let boot = RouteOrigin(rawValue: 3)
    /// An administrator.
    public static let `static` = RouteOrigin(rawValue: 4)
}

/// How far away a destination is (linux/rtnetlink.h, `RT_SCOPE_*`). Values without a name are kept.
public struct RouteScope: RawRepresentable, Hashable, Sendable, Codable {
    /// The `rtm_scope` octet.
    public let rawValue: UInt8

    /// Creates a scope from an `rtm_scope` octet.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Anywhere.
    public static let universe = RouteScope(rawValue: 0)
    /// On the link.
    public static let link = RouteScope(rawValue: 253)
    /// In this machine.
    public static let host = RouteScope(rawValue: 254)
}

/// The flags of a route (linux/rtnetlink.h, `rtm_flags`): `RTNH_F_*` of a single next hop below, `RTM_F_*` above.
public struct RouteFlags: OptionSet, Hashable, Sendable, Codable {
    /// The `rtm_flags` word.
    public let rawValue: UInt32

    /// Creates flags from an `rtm_flags` word.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// A cache entry (a redirect or a path MTU), not a route of a table.
    public static let cloned = RouteFlags(rawValue: 0x200)
}

/// The flags of a next hop (linux/rtnetlink.h, `RTNH_F_*`). Bits without a name here are kept.
public struct NextHopFlags: OptionSet, Hashable, Sendable, Codable {
    /// The `rtnh_flags` octet.
    public let rawValue: UInt8

    /// Creates flags from an `rtnh_flags` octet.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Its interface is down.
    public static let dead = NextHopFlags(rawValue: 0x01)
    /// The gateway takes part in no recursive look-up.
    public static let pervasive = NextHopFlags(rawValue: 0x02)
    /// The gateway is on the link, whatever the other routes say.
    public static let onLink = NextHopFlags(rawValue: 0x04)
    /// Its interface has no carrier.
    public static let linkDown = NextHopFlags(rawValue: 0x10)
}
