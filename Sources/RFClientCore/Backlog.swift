import Synchronization

/// Bounds what waits between the netlink threads and the core.
///
/// The kernel must never wait, and memory must not grow with its haste: beyond the bound events are dropped, and once the
/// core has caught up it is told of an overrun, which has it read the tables anew.
final class Backlog: Sendable {
    private struct State {
        var waiting = 0
        var hasDropped = false
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many events may wait.
    init(limit: Int) {
        self.limit = limit
    }

    /// Counts events in. Returns false if they have to be dropped.
    func admit(_ count: Int) -> Bool {
        state.withLock { state in
            guard !state.hasDropped, state.waiting + count <= limit || state.waiting == 0 else {
                state.hasDropped = true
                return false
            }
            state.waiting += count
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
