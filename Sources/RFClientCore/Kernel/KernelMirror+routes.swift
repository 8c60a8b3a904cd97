import NetTypes
import Netlink

/// A dump of the routes under way. Routes of one prefix follow each other in it, in the kernel's order.
struct RouteDump: Sendable {
    /// Counts the dumps: a prefix that the present one has not named is gone at its end.
    private(set) var number: UInt32 = 0
    private(set) var isRunning = false
    /// The prefix that is being named, and its routes so far.
    private(set) var prefix: PrefixKey?
    private(set) var routes: [(priority: UInt32, spec: PathSpec)] = []

    mutating func begin() {
        number += 1
        isRunning = true
        clear()
    }

    mutating func end() {
        isRunning = false
        clear()
    }

    mutating func name(_ prefix: PrefixKey, _ priority: UInt32, _ spec: PathSpec) {
        self.prefix = prefix
        routes.append((priority, spec))
    }

    mutating func clear() {
        prefix = nil
        routes.removeAll(keepingCapacity: true)
    }
}

extension KernelMirror {
    mutating func add(_ route: Route, _ change: ChangeFlags) {
        guard let key = route.key else { return }
        let spec = PathSpec(route)
        if routeDump.isRunning, change.isEmpty {
            if routeDump.prefix != key { commitRouteDump() }
            routeDump.name(key, route.priority, spec)
            return
        }
        let new = Alternative(priority: route.priority, path: paths.intern(spec))
        let old = prefixes[key]?.alternatives ?? .none
        let (result, isCertain) = old.adding(new, change) { paths.spec($0)?.names(spec) ?? false }
        setAlternatives(of: key, result, replacing: old)
        paths.release(new.path)  // it may have been known already, with other flags
        if !isCertain { doubtful.insert(.routes) }
    }

    mutating func remove(_ route: Route) {
        guard let key = route.key, let old = prefixes[key]?.alternatives, !old.isEmpty else { return }
        let spec = PathSpec(route)
        if let rest = old.removing(priority: route.priority, isSame: { paths.spec($0)?.names(spec) ?? false })
        {
            setAlternatives(of: key, rest, replacing: old)
        } else if old.list.contains(where: { $0.priority == route.priority }) {
            doubtful.insert(.routes)
        }
    }

    mutating func setAlternatives(of key: PrefixKey, _ new: Alternatives) {
        setAlternatives(of: key, new, replacing: prefixes[key]?.alternatives ?? .none)
    }

    private mutating func setAlternatives(
        of key: PrefixKey, _ new: Alternatives, replacing old: Alternatives
    ) {
        new.forEach { if !old.contains(path: $0.path) { paths.join(key, $0.path) } }
        old.forEach { if !new.contains(path: $0.path) { paths.leave(key, $0.path) } }
        prefixes.set(new, of: key, dump: routeDump.number)
        if new != old { touchedPrefixes.append(key) }
    }

    // MARK: Dumps

    /// The routes of one prefix are complete: what was known of the prefix is replaced.
    mutating func commitRouteDump() {
        guard let key = routeDump.prefix else { return }
        let known = prefixes[key].flatMap { $0.dump == routeDump.number ? $0.alternatives : nil }
        var alternatives = known ?? .none
        for (priority, spec) in routeDump.routes {
            let next = Alternative(priority: priority, path: paths.intern(spec))
            alternatives = alternatives.adding(next, []) { _ in false }.result
        }
        routeDump.clear()
        setAlternatives(of: key, alternatives)
    }

    /// What was named is true, but nothing may be concluded about the rest.
    mutating func failRouteDump() {
        commitRouteDump()
        routeDump.end()
    }

    mutating func endRouteDump() {
        commitRouteDump()
        routeDump.end()
        for key in prefixes.prefixes(notIn: routeDump.number) { setAlternatives(of: key, .none) }
    }
}

extension Route {
    /// The prefix, if the route can be the kernel's choice for common packets of IPv4.
    fileprivate var key: PrefixKey? {
        table == .main && tos == 0 ? PrefixKey(prefix) : nil
    }
}
