/// A next hop, or a group of them, that routes point to by number (linux/nexthop.h, `RTM_NEWNEXTHOP`).
public struct NexthopObject: Hashable, Sendable, Codable {
    /// The number that routes name it by.
    public var id: UInt32
    /// What it stands for.
    public var target: Target
    /// Who made it.
    public var origin: RouteOrigin

    /// What a nexthop object stands for.
    public enum Target: Hashable, Sendable, Codable {
        /// One next hop.
        case nextHop(NextHop)
        /// Several nexthop objects.
        case group([Member])
        /// Packets are dropped.
        case blackhole
    }

    /// A nexthop object's place in a group.
    public struct Member: Hashable, Sendable, Codable {
        /// The number of the nexthop object.
        public var id: UInt32
        /// Its share of the traffic, 1 to 65536.
        public var weight: UInt32

        /// Creates a member.
        public init(id: UInt32, weight: UInt32 = 1) {
            self.id = id
            self.weight = weight
        }
    }

    /// Creates a nexthop object.
    public init(id: UInt32, target: Target, origin: RouteOrigin = .static) {
        self.id = id
        self.target = target
        self.origin = origin
    }
}
