import Synchronization

/// Brings the live events and the dumps into one order, and calls the callback.
final class Delivery: Sendable {
    private struct State {
        /// The kind that is being dumped: its live events wait in `held`.
        var dumping: DumpKind?
        var held: [NetlinkEvent] = []
        var isHeldIncomplete = false
        var counters = NetlinkMonitor.Counters()
    }

    private let state = Mutex(State())
    private let heldLimit: Int
    private let deliver: @Sendable ([NetlinkEvent]) -> Void

    init(heldLimit: Int, deliver: @escaping @Sendable ([NetlinkEvent]) -> Void) {
        self.heldLimit = heldLimit
        self.deliver = deliver
    }

    var counters: NetlinkMonitor.Counters { state.withLock { $0.counters } }

    /// Hands on live events, or holds them back. The callback runs under the lock: this is what makes the order.
    func live(_ events: [NetlinkEvent], malformed: Int, overruns: Int) {
        state.withLock { state in
            state.counters.malformed += malformed
            state.counters.overruns += overruns
            guard let dumping = state.dumping else { return send(events, &state) }
            var others: [NetlinkEvent] = []
            for event in events {
                if event.kind != dumping {
                    others.append(event)
                } else if state.held.count < heldLimit {
                    state.held.append(event)
                } else {
                    state.counters.heldEventsDropped += 1
                    state.isHeldIncomplete = true
                }
            }
            send(others, &state)
        }
    }

    func dumpBegins(_ kind: DumpKind) {
        state.withLock { state in
            state.dumping = kind
            send([.dumpBegan(kind)], &state)
        }
    }

    func dumpBeginsAnew(_ kind: DumpKind) {
        state.withLock { state in
            state.counters.dumpsInterrupted += 1
            send([.dumpBegan(kind)], &state)
        }
    }

    func dumped(_ entries: [NetlinkEvent], malformed: Int) {
        state.withLock { state in
            state.counters.malformed += malformed
            send(entries, &state)
        }
    }

    /// Ends a dump with the event that says how, and lets go of what was held: it is newer than the dump, or as new.
    func dumpEnds(with event: NetlinkEvent) {
        state.withLock { state in
            let lost: [NetlinkEvent] = state.isHeldIncomplete ? [.overrun] : []
            let batch = [event] + state.held + lost
            state.dumping = nil
            state.held = []
            state.isHeldIncomplete = false
            send(batch, &state)
        }
    }

    private func send(_ events: [NetlinkEvent], _ state: inout State) {
        guard !events.isEmpty else { return }
        state.counters.events += events.count
        deliver(events)
    }
}

extension NetlinkEvent {
    /// The kind of dump that would show this entry; nil for what is not an entry.
    var kind: DumpKind? {
        switch self {
        case .link, .linkRemoved: .links
        case .address, .addressRemoved: .addresses
        case .nexthop, .nexthopRemoved: .nexthops
        case .route, .routeRemoved: .routes
        case .neighbour, .neighbourRemoved: .neighbours
        case .dumpBegan, .dumpEnded, .dumpFailed, .overrun: nil
        }
    }
}
