import NetTypes
public import Netlink

extension FakeKernel {
    /// Where a route comes to stand among those of its prefix and metric.
    public enum Placement: String, Hashable, Sendable, CaseIterable {
        /// `ip route add`: only if it is the only one.
        case add
        /// `ip route append`: behind them.
        case append
        /// `ip route prepend`: before them.
        case prepend
        /// `ip route replace`: in place of the first.
        case replace
    }

    /// Adds a route. Nothing happens where the kernel would refuse it.
    public mutating func addRoute(_ route: Route, _ placement: Placement = .add) {
        guard let route = prepared(route) else { return }
        var list = routes[route.prefix, default: []]
        let equals = list.indices.filter { list[$0].priority == route.priority }
        guard let first = equals.first, let last = equals.last else {
            let place = list.firstIndex { $0.priority > route.priority } ?? list.endIndex
            list.insert(route, at: place)
            routes[route.prefix] = list
            events.append(.route(route, change: [.exclusive, .create]))
            return
        }
        guard placement != .add, !equals.contains(where: { isSame(list[$0], route) }) else { return }
        switch placement {
        case .append:
            list.insert(route, at: last + 1)
            events.append(.route(route, change: [.create, .append]))
        case .prepend:
            list.insert(route, at: first)
            events.append(.route(route, change: .create))
        case .replace, .add:
            list[first] = route
            events.append(.route(route, change: .replace))
        }
        routes[route.prefix] = list
    }

    /// Removes a route.
    public mutating func removeRoute(_ route: Route) {
        guard var list = routes[route.prefix],
            let place = list.firstIndex(where: { $0.priority == route.priority && isSame($0, route) })
        else { return }
        events.append(.routeRemoved(list.remove(at: place)))
        routes[route.prefix] = list.isEmpty ? nil : list
    }

    /// The route as the kernel keeps it, or nil if it refuses it.
    private func prepared(_ route: Route) -> Route? {
        var route = route
        if let id = route.nexthopID {
            guard nexthops[id] != nil else { return nil }
            route.nextHops = legs(of: id)
            return route
        }
        guard route.nextHops.allSatisfy({ isUp($0.linkIndex) }) else { return nil }
        for leg in route.nextHops.indices {
            route.nextHops[leg].flags = flags(of: route.nextHops[leg].linkIndex)
        }
        return route
    }

    private func isSame(_ left: Route, _ right: Route) -> Bool {
        func bare(_ route: Route) -> Route {
            var route = route
            if route.nexthopID != nil { route.nextHops = [] }
            for leg in route.nextHops.indices { route.nextHops[leg].flags = [] }
            return route
        }
        return bare(left) == bare(right)
    }

    // MARK: Nexthop objects

    /// Adds a nexthop object, or replaces it. Nothing happens where the kernel would refuse it.
    public mutating func setNexthop(_ id: UInt32, _ target: NexthopObject.Target) {
        switch target {
        case .nextHop(let nextHop): guard isLive(nextHop.linkIndex) else { return }
        case .blackhole: break
        case .group(let members):
            let isSound = members.allSatisfy {
                if case .nextHop = nexthops[$0.id]?.target { true } else { false }
            }
            guard isSound, !members.isEmpty else { return }
        }
        let old = nexthops[id]
        if let old, isGroup(old) != isGroup(NexthopObject(id: id, target: target)) { return }
        if target == .blackhole, isInGroup(id) { return }
        nexthops[id] = NexthopObject(id: id, target: target)
        sayNexthop(id, old == nil ? [.exclusive, .create] : [.replace, .create])
        guard old != nil else { return }
        for (prefix, list) in routes.sorted(by: { $0.key < $1.key }) {
            for place in list.indices where list[place].nexthopID.map({ uses($0, id) }) ?? false {
                var route = list[place]
                route.nextHops = route.nexthopID.map { legs(of: $0) } ?? []
                routes[prefix]?[place] = route
                events.append(.route(route, change: .replace))
            }
        }
    }

    /// Removes a nexthop object, its routes without a word.
    public mutating func removeNexthop(_ id: UInt32) {
        if nexthops[id] != nil { dropNexthop(id, isSilent: false) }
    }

    mutating func dropNexthop(_ id: UInt32, isSilent: Bool) {
        guard nexthops.removeValue(forKey: id) != nil else { return }
        for (prefix, list) in routes {
            let left = list.filter { $0.nexthopID != id }
            routes[prefix] = left.isEmpty ? nil : left
        }
        for group in nexthops.values.sorted(by: { $0.id < $1.id }) {
            guard case .group(let members) = group.target, members.contains(where: { $0.id == id }) else {
                continue
            }
            let left = members.filter { $0.id != id }
            if left.isEmpty {
                dropNexthop(group.id, isSilent: isSilent)
            } else {
                nexthops[group.id]?.target = .group(left)
                if !isSilent { sayNexthop(group.id, .replace) }
            }
        }
        if !isSilent { events.append(.nexthopRemoved(id: id)) }
    }

    private mutating func sayNexthop(_ id: UInt32, _ change: ChangeFlags) {
        if let object = nexthops[id] { events.append(.nexthop(object, change: change)) }
    }

    private func isGroup(_ object: NexthopObject) -> Bool {
        if case .group = object.target { true } else { false }
    }

    private func isInGroup(_ id: UInt32) -> Bool {
        nexthops.keys.contains { $0 != id && uses($0, id) }
    }

    private func uses(_ id: UInt32, _ other: UInt32) -> Bool {
        if id == other { return true }
        guard case .group(let members) = nexthops[id]?.target else { return false }
        return members.contains { $0.id == other }
    }

    /// The next hops that a nexthop object stands for.
    public func legs(of id: UInt32) -> [NextHop] {
        switch nexthops[id]?.target {
        case .nextHop(let nextHop): [nextHop]
        case .group(let members): members.flatMap { legs(of: $0.id) }
        case .blackhole, nil: []
        }
    }
}
