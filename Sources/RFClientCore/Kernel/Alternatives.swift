import Netlink

/// A route of a prefix: its metric, and the number of its path.
struct Alternative: Hashable, Sendable {
    var priority: UInt32
    var path: PathID
}

/// The routes of one prefix in the order in which the kernel tries them. Most prefixes have one.
enum Alternatives: Hashable, Sendable {
    case none
    case one(Alternative)
    case many([Alternative])

    init(_ list: [Alternative]) {
        switch list.count {
        case 0: self = .none
        case 1: self = .one(list[0])
        default: self = .many(list)
        }
    }

    var list: [Alternative] {
        switch self {
        case .none: []
        case .one(let alternative): [alternative]
        case .many(let list): list
        }
    }

    func forEach(_ body: (Alternative) -> Void) {
        switch self {
        case .none: break
        case .one(let alternative): body(alternative)
        case .many(let list): list.forEach(body)
        }
    }

    /// The first path, in the kernel's order, that the test accepts.
    func firstPath(where accept: (PathID) -> Bool) -> PathID? {
        switch self {
        case .none: nil
        case .one(let alternative): accept(alternative.path) ? alternative.path : nil
        case .many(let list): list.first { accept($0.path) }?.path
        }
    }

    var isEmpty: Bool { self == .none }

    func contains(path: PathID) -> Bool {
        switch self {
        case .none: false
        case .one(let alternative): alternative.path == path
        case .many(let list): list.contains { $0.path == path }
        }
    }

    /// The routes after a change, as the kernel makes it (net/ipv4/fib_trie.c, `fib_table_insert`): a route replaces
    /// the first of its metric, or stands before or behind all of its metric, or is the only one of it.
    /// - Parameter isSame: whether a known path is that of the new route.
    /// - Returns: the routes, and whether the change fits to what was known; if not, only a dump can tell what is.
    func adding(
        _ new: Alternative, _ change: ChangeFlags, isSame: (PathID) -> Bool
    ) -> (result: Alternatives, isCertain: Bool) {
        if case .none = self {
            return (.one(new), change.contains(.exclusive) || change.isEmpty)
        }
        var list = list
        let begin = list.firstIndex { $0.priority >= new.priority } ?? list.endIndex
        let end = list.firstIndex { $0.priority > new.priority } ?? list.endIndex
        let equals = begin..<end
        var isCertain = true
        if change.contains(.exclusive) {
            // It was to be the only one: others of its metric have gone without a word.
            list.replaceSubrange(equals, with: [new])
        } else if change.contains(.replace) {
            // The kernel says "replaced" also of each route whose nexthop object has changed.
            let place = equals.first { isSame(list[$0].path) } ?? begin
            list.replaceSubrange(place..<min(place + 1, end), with: [new])
            isCertain = equals.count == 1
        } else if change.isEmpty {
            list.insert(new, at: end)
        } else if equals.contains(where: { isSame(list[$0].path) }) {
            // A dump named it before this event, which had waited for the dump's end; or two routes differ in what is
            // not looked at here.
            isCertain = false
        } else {
            list.insert(new, at: change.contains(.append) ? end : begin)
            isCertain = !equals.isEmpty
        }
        return (Alternatives(list), isCertain)
    }

    /// The routes without the first of this metric whose path is the same; nil if there is none.
    func removing(priority: UInt32, isSame: (PathID) -> Bool) -> Alternatives? {
        switch self {
        case .none:
            return nil
        case .one(let alternative):
            return alternative.priority == priority && isSame(alternative.path) ? Alternatives.none : nil
        case .many(var list):
            guard let place = list.firstIndex(where: { $0.priority == priority && isSame($0.path) })
            else { return nil }
            list.remove(at: place)
            return Alternatives(list)
        }
    }
}
