import Logging
import RFLib
import Synchronization

/// What the two threads of a channel tell the daemon, one event after another.
final class ChannelStatus: Sendable {
    /// The threads.
    enum Side: Hashable, Sendable {
        case reader
        case writer
    }

    private struct State {
        var troubles: [Side: MongoError] = [:]
        var hasCursor = false
        var reported: IPCEvent?
        var isOver = false
    }

    private let state = Mutex(State())
    private let logger: Logger
    private let onEvent: @Sendable (IPCEvent) -> Void

    /// - Parameter logger: has the channel's name among its metadata.
    init(logger: Logger, onEvent: @escaping @Sendable (IPCEvent) -> Void) {
        self.logger = logger
        self.onEvent = onEvent
    }

    /// Hands on what was read.
    func deliver(_ event: IPCEvent) {
        state.withLock { if !$0.isOver { onEvent(event) } }
    }

    /// True while a thread cannot do its work.
    func isTroubled(_ side: Side) -> Bool {
        state.withLock { $0.troubles[side] != nil }
    }

    /// A thread is well, or well again.
    func succeeded(_ side: Side) {
        state.withLock { state in
            state.troubles[side] = nil
            if side == .reader { state.hasCursor = true }
            guard !state.isOver, state.troubles.isEmpty, state.hasCursor, state.reported != .connected else {
                return
            }
            state.reported = .connected
            logger.info("channel connected")
            onEvent(.connected)
        }
    }

    /// A thread cannot do its work for now.
    func failed(_ side: Side, _ error: MongoError) {
        state.withLock { state in
            let isNew = state.troubles.values.allSatisfy { $0 != error }
            state.troubles[side] = error
            if side == .reader { state.hasCursor = false }
            guard !state.isOver, isNew else { return }
            logger.warning("channel disconnected, trying again", metadata: ["reason": "\(error)"])
            if case .disconnected = state.reported { return }
            let event = IPCEvent.disconnected(reason: error.description)
            state.reported = event
            onEvent(event)
        }
    }

    /// The daemon hears nothing more from this channel.
    func end() {
        state.withLock { $0.isOver = true }
    }
}
