import NetTypes
import Netlink

/// The number of a path in the table of paths.
typealias PathID = UInt32

/// What a route does with packets, without its prefix and metric: thousands of routes usually share a few of these.
struct PathSpec: Hashable, Sendable {
    var type: RouteType
    var origin: RouteOrigin
    var scope: RouteScope
    var nextHops: [NextHop]
    var nexthopID: UInt32?

    init(_ route: Route) {
        type = route.type
        origin = route.origin
        scope = route.scope
        nextHops = route.nextHops
        nexthopID = route.nexthopID
    }

    /// True if the kernel means the same route by both: the flags of next hops change, and so does what is in a
    /// nexthop object.
    func names(_ other: PathSpec) -> Bool {
        guard type == other.type, origin == other.origin, scope == other.scope, nexthopID == other.nexthopID
        else { return false }
        return nexthopID != nil
            || nextHops.elementsEqual(other.nextHops) {
                $0.linkIndex == $1.linkIndex && $0.gateway == $1.gateway && $0.weight == $1.weight
                    && $0.encapsulation == $1.encapsulation
            }
    }
}

/// What comes of a path with the links, neighbours and nexthop objects as they are.
enum Outcome: Hashable, Sendable {
    /// No next hop is live: for the kernel the route is not there.
    case absent
    /// Live, but only through the management interface.
    case unreported
    case forward(port: UInt8, destination: MACAddress)
    case blackhole
    /// For the VM to decide, or not resolved.
    case punt
    /// The destinations are on the link of these interfaces.
    case onLink([UInt32])
}

/// A path and what depends on it.
struct Path: Sendable {
    let spec: PathSpec
    /// The prefixes that have a route with this path, chosen or not.
    var prefixes: Set<PrefixKey> = []
    var outcome = Outcome.absent
    /// What the outcome was made from, so that the indexes can be kept.
    var sources = PathSources()

    init(_ spec: PathSpec) {
        self.spec = spec
    }
}

/// What an outcome depends on.
struct PathSources: Hashable, Sendable {
    var links: Set<UInt32> = []
    /// The next hops whose resolution is wanted: they are live.
    var gateways: Set<NeighbourKey> = []
    var nexthops: Set<UInt32> = []
}

/// The tables that a path is resolved with.
struct PathContext {
    let links: LinkTable
    let neighbours: NeighbourTable
    let nexthops: [UInt32: NexthopObject]
}

/// A path resolved.
struct Resolution {
    var outcome: Outcome
    var sources = PathSources()
    /// Why a next hop can never be resolved, for people.
    var obstacle: String?

    init(of spec: PathSpec, in context: PathContext) {
        switch spec.type {
        case .blackhole:
            outcome = .blackhole
        case .unicast:
            outcome = .absent
            resolveUnicast(spec, context)
        default:
            // Unreachable, prohibit and throw: the VM answers. Other types do not occur in the main table.
            outcome = .punt
        }
    }

    private mutating func resolveUnicast(_ spec: PathSpec, _ context: PathContext) {
        guard let legs = legs(of: spec, context) else {
            outcome = .blackhole
            return
        }
        sources.links = Set(legs.map(\.linkIndex))
        let live = legs.filter { $0.isUsable && context.links.isLive($0.linkIndex) }
        guard !live.isEmpty else { return }
        outcome = .unreported

        var chosen: Outcome?
        var onLink: [UInt32] = []
        for leg in live {
            guard let port = context.links.ports[leg.linkIndex] else {
                // A tunnel, say, or the loopback: only the VM can take the packet there.
                if !context.links.isManagement(leg.linkIndex) { outcome = .punt }
                continue
            }
            outcome = .punt
            switch (leg.gateway, leg.encapsulation) {
            case (_, .some(let kind)):
                obstacle = "the next hop wants a tunnel header (kind \(kind)), which is not carried yet"
            case (.v6, _):
                obstacle = "the next hop is an IPv6 address, which is not carried yet"
            case (nil, _):
                onLink.append(leg.linkIndex)
            case (.v4(let gateway), _):
                let key = NeighbourKey(linkIndex: leg.linkIndex, address: gateway)
                sources.gateways.insert(key)
                if chosen == nil, let address = context.neighbours.linkAddress(of: key) {
                    chosen = .forward(port: port, destination: address)
                }
            }
        }
        if let chosen {
            outcome = chosen
        } else if !onLink.isEmpty {
            outcome = .onLink(onLink)
        }
    }

    /// The next hops of a path, its nexthop objects followed; nil if packets are dropped.
    private mutating func legs(of spec: PathSpec, _ context: PathContext) -> [NextHop]? {
        guard let id = spec.nexthopID else { return spec.nextHops }
        sources.nexthops.insert(id)
        if case .group(let members) = context.nexthops[id]?.target {
            sources.nexthops.formUnion(members.map(\.id))
        }
        return Self.legs(of: spec, context)
    }

    /// The same, without noting what it depends on.
    static func legs(of spec: PathSpec, _ context: PathContext) -> [NextHop]? {
        // While the object is not known yet, the route message's own copy of it serves.
        guard let id = spec.nexthopID, let object = context.nexthops[id] else { return spec.nextHops }
        switch object.target {
        case .nextHop(let nextHop):
            return [nextHop]
        case .blackhole:
            return nil
        case .group(let members):
            let targets = members.compactMap { context.nexthops[$0.id]?.target }
            // The kernel has a blackhole in a group only alone.
            if targets == [.blackhole] { return nil }
            return targets.compactMap { if case .nextHop(let nextHop) = $0 { nextHop } else { nil } }
        }
    }
}
