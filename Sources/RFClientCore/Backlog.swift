import Netlink
import Synchronization

/// Bounds what waits between the netlink threads and the core.
///
/// The kernel must never wait, and memory must not grow with its haste: beyond the bound its events are dropped, and once
/// the core has caught up it is told of an overrun, which has it read the tables anew. Dumps are never dropped, for what
/// they do not name is taken for gone; they are bounded by the tables themselves.
final class Backlog: Sendable {
    fileprivate struct State {
        var waiting = 0
        var hasDropped = false
        var dumping: Set<DumpKind> = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many events may wait.
    init(limit: Int) {
        self.limit = limit
    }

    /// Counts events in. Returns false if they have to be dropped.
    func admit(_ events: [NetlinkEvent]) -> Bool {
        state.withLock { state in
            let isDump = state.follow(events)
            let fits = state.waiting == 0 || state.waiting + events.count <= limit
            guard isDump || fits && !state.hasDropped else {
                state.hasDropped = true
                return false
            }
            state.waiting += events.count
            return true
        }
    }

    /// Counts events out. Returns true if the core has caught up after something was dropped.
    func handled(_ count: Int) -> Bool {
        state.withLock { state in
            state.waiting -= count
            guard state.hasDropped, state.waiting == 0 else { return false }
            state.hasDropped = false
            return true
        }
    }
}

extension Backlog.State {
    /// Notes the beginnings and ends of dumps. Returns true if any of the events may belong to one.
    fileprivate mutating func follow(_ events: [NetlinkEvent]) -> Bool {
        var isDump = !dumping.isEmpty
        for event in events {
            switch event {
            case .dumpBegan(let kind):
                dumping.insert(kind)
                isDump = true
            case .dumpEnded(let kind), .dumpFailed(let kind, _):
                dumping.remove(kind)
                isDump = true
            default: break
            }
        }
        return isDump
    }
}
