public import NetTypes

/// An entry of the kernel's routing tables (rtnetlink(7), `RTM_NEWROUTE`).
public struct Route: Hashable, Sendable, Codable {
    /// The destinations. A message without `RTA_DST` is the default route, of length 0.
    public var prefix: IPPrefix
    /// The routing table: `RTA_TABLE`, which reaches beyond 255, wins over `rtm_table`.
    public var table: RouteTable
    /// What becomes of a packet.
    public var type: RouteType
    /// The metric; the lowest wins among routes of one prefix. 0 if the message has none.
    public var priority: UInt32
    /// The type of service that the route is for; 0 for all.
    public var tos: UInt8
    /// Who made the route.
    public var origin: RouteOrigin
    /// How far away the destinations are.
    public var scope: RouteScope
    /// The whole `rtm_flags` word. The flags of a single next hop are in `nextHops` too.
    public var flags: RouteFlags
    /// Where the packets go: several for a multipath route, none for a blackhole and the like.
    public var nextHops: [NextHop]
    /// The nexthop object that the route points to. With `nexthop_compat_mode=1`, the default, `nextHops` shows what is in it.
    public var nexthopID: UInt32?

    /// Creates a route; only what a test or a recording names needs to be given.
    public init(
        prefix: IPPrefix, table: RouteTable = .main, type: RouteType = .unicast, priority: UInt32 = 0,
        tos: UInt8 = 0, origin: RouteOrigin = .static, scope: RouteScope = .universe, flags: RouteFlags = [],
        nextHops: [NextHop] = [], nexthopID: UInt32? = nil
    ) {
        self.prefix = prefix
        self.table = table
        self.type = type
        self.priority = priority
        self.tos = tos
        self.origin = origin
        self.scope = scope
        self.flags = flags
        self.nextHops = nextHops
        self.nexthopID = nexthopID
    }
}

/// One way out of a route or of a nexthop object.
public struct NextHop: Hashable, Sendable, Codable {
    /// The interface that the packets leave by; 0 if the message names none.
    public var linkIndex: UInt32
    /// The next router (`RTA_GATEWAY`, or `RTA_VIA`, which gives IPv4 routes an IPv6 router), nil if on the link.
    public var gateway: IPAddress?
    /// The share of the traffic, 1 to 65536, among the route's next hops.
    public var weight: UInt32
    /// What the kernel says of it.
    public var flags: NextHopFlags
    /// The kind of tunnel header to be put on (`RTA_ENCAP_TYPE`; 1 is MPLS), nil for plain packets.
    public var encapsulation: UInt16?

    /// Creates a next hop.
    public init(
        linkIndex: UInt32, gateway: IPAddress? = nil, weight: UInt32 = 1, flags: NextHopFlags = [],
        encapsulation: UInt16? = nil
    ) {
        self.linkIndex = linkIndex
        self.gateway = gateway
        self.weight = weight
        self.flags = flags
        self.encapsulation = encapsulation
    }

    /// True unless the kernel says that its interface is down or has lost its carrier.
    public var isUsable: Bool { flags.isDisjoint(with: [.dead, .linkDown]) }
}
