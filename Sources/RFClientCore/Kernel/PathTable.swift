import NetTypes
import Netlink

/// All paths in use, found by what they depend on: a change of a neighbour, an interface or a nexthop object touches
/// the paths through it, and through them the prefixes.
struct PathTable: Sendable {
    private var slots: [Path?] = []
    private var free: [PathID] = []
    private var ids: [PathSpec: PathID] = [:]
    private var byLink: [UInt32: Set<PathID>] = [:]
    private var byGateway: [NeighbourKey: Set<PathID>] = [:]
    private var byNexthop: [UInt32: Set<PathID>] = [:]
    /// One route after another usually has the same path.
    private var latest: (spec: PathSpec, id: PathID)?
    /// Paths to be resolved again.
    private var dirty: [PathID] = []
    private var touchedGateways: [NeighbourKey] = []

    func outcome(_ id: PathID) -> Outcome { slots[Int(id)]?.outcome ?? .absent }

    func spec(_ id: PathID) -> PathSpec? { slots[Int(id)]?.spec }

    /// The interfaces that the path leaves by, live or not.
    func links(of id: PathID) -> Set<UInt32> { slots[Int(id)]?.sources.links ?? [] }

    /// True if a live next hop of a route is this neighbour.
    func isGateway(_ key: NeighbourKey) -> Bool { byGateway[key] != nil }

    /// All live next hops, in order.
    var gateways: [NeighbourKey] { byGateway.keys.sorted() }

    /// The prefixes with routes that name this nexthop object, itself and not as a member of a group.
    func prefixes(naming nexthop: UInt32) -> [(PathID, [PrefixKey])] {
        (byNexthop[nexthop] ?? []).sorted().compactMap { id in
            guard let path = slots[Int(id)], path.spec.nexthopID == nexthop else { return nil }
            return (id, path.prefixes.sorted())
        }
    }

    // MARK: Membership

    /// The number of a path. It is kept until `release`, or the last `leave` after a `join`.
    mutating func intern(_ spec: PathSpec) -> PathID {
        if let latest, latest.spec == spec { return latest.id }
        let id = ids[spec] ?? add(spec)
        latest = (spec, id)
        return id
    }

    private mutating func add(_ spec: PathSpec) -> PathID {
        var path = Path(spec)
        // Known before it is resolved: the object may go in the same batch of events.
        if let nexthop = spec.nexthopID { path.sources.nexthops = [nexthop] }
        let id: PathID
        if let used = free.popLast() {
            id = used
            slots[Int(id)] = path
        } else {
            id = PathID(slots.count)
            slots.append(path)
        }
        ids[spec] = id
        index(id, path.sources)
        dirty.append(id)
        return id
    }

    /// The prefix has a route with this path.
    mutating func join(_ prefix: PrefixKey, _ id: PathID) {
        slots[Int(id)]?.prefixes.insert(prefix)
    }

    /// The prefix has no route with this path any more. A path without prefixes goes.
    mutating func leave(_ prefix: PrefixKey, _ id: PathID) {
        slots[Int(id)]?.prefixes.remove(prefix)
        release(id)
    }

    /// Forgets a path that no prefix has.
    mutating func release(_ id: PathID) {
        guard let path = slots[Int(id)], path.prefixes.isEmpty else { return }
        unindex(id, path.sources)
        ids[path.spec] = nil
        slots[Int(id)] = nil
        free.append(id)
        if latest?.id == id { latest = nil }
    }

    // MARK: Resolution

    mutating func touch(link: UInt32) { dirty += (byLink[link] ?? []).sorted() }

    mutating func touch(neighbour: NeighbourKey) { dirty += (byGateway[neighbour] ?? []).sorted() }

    mutating func touch(nexthop: UInt32) { dirty += (byNexthop[nexthop] ?? []).sorted() }

    /// Resolves what has been touched. Returns the prefixes whose routes come to something else now, and which paths
    /// are held, with the reason.
    mutating func settle(in context: PathContext) -> (prefixes: [PrefixKey], obstacles: [(PathSpec, String)])
    {
        var prefixes: [PrefixKey] = []
        var obstacles: [(PathSpec, String)] = []
        var seen: Set<PathID> = []
        for id in dirty where seen.insert(id).inserted {
            guard let path = slots[Int(id)] else { continue }
            let resolution = Resolution(of: path.spec, in: context)
            if resolution.sources != path.sources {
                unindex(id, path.sources)
                index(id, resolution.sources)
                slots[Int(id)]?.sources = resolution.sources
            }
            if resolution.outcome != path.outcome {
                slots[Int(id)]?.outcome = resolution.outcome
                prefixes += path.prefixes.sorted()
                if resolution.outcome == .punt, let obstacle = resolution.obstacle {
                    obstacles.append((path.spec, obstacle))
                }
            }
        }
        dirty.removeAll(keepingCapacity: true)
        return (prefixes, obstacles)
    }

    /// The gateways that have come into use or gone out of it since this was last asked.
    mutating func takeTouchedGateways() -> [NeighbourKey] {
        defer { touchedGateways.removeAll() }
        return touchedGateways
    }

    private mutating func index(_ id: PathID, _ sources: PathSources) {
        for link in sources.links { byLink[link, default: []].insert(id) }
        for nexthop in sources.nexthops { byNexthop[nexthop, default: []].insert(id) }
        for gateway in sources.gateways.sorted() {
            byGateway[gateway, default: []].insert(id)
            touchedGateways.append(gateway)
        }
    }

    private mutating func unindex(_ id: PathID, _ sources: PathSources) {
        for link in sources.links { byLink.drop(id, from: link) }
        for nexthop in sources.nexthops { byNexthop.drop(id, from: nexthop) }
        for gateway in sources.gateways.sorted() {
            byGateway.drop(id, from: gateway)
            touchedGateways.append(gateway)
        }
    }
}

extension Dictionary where Value == Set<PathID> {
    fileprivate mutating func drop(_ id: PathID, from key: Key) {
        self[key]?.remove(id)
        if self[key]?.isEmpty == true { self[key] = nil }
    }
}
