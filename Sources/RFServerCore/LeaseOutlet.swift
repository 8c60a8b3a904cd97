import RFLib
import Synchronization

/// What becomes of the lease: told to the core as soon as there is one.
final class LeaseOutlet: Sendable {
    private struct State {
        var last: LeaseEvent?
        var onEvent: (@Sendable (LeaseEvent) -> Void)?
    }

    private let state = Mutex(State())

    /// Hands on what has happened, or keeps it: the last word says everything.
    func tell(_ event: LeaseEvent) {
        state.withLock { state in
            state.last = event
            state.onEvent?(event)
        }
    }

    /// There is somebody to be told, from the last word on.
    func open(onEvent: @escaping @Sendable (LeaseEvent) -> Void) {
        state.withLock { state in
            state.onEvent = onEvent
            if let last = state.last { onEvent(last) }
        }
    }
}
