/// What waits to be done, in order. What needs no doing any more may leave it.
protocol Waiting<Item> {
    associatedtype Item
    init()
    var isEmpty: Bool { get }
    /// Adds items behind the others.
    mutating func add(_ items: [Item])
    /// Takes all there are, in the order in which they are to be done.
    mutating func takeAll() -> [Item]
}

/// What waits for a writer thread.
///
/// It has no bound of its own: the windows of the streams bound what channels carry, and `TableBacklog` itself.
final class WorkQueue<Items: Waiting & Sendable>: Sendable {
    private struct State {
        var waiting = Items()
        var deadline: ContinuousClock.Instant?

        /// True if nothing is to be written any more.
        var isOver: Bool { deadline.map { $0 <= .now } ?? false }
    }

    private let state = Monitor(State())

    /// Adds items behind the others. Closed queues take nothing.
    func add(_ items: [Items.Item]) {
        state.change { if $0.deadline == nil { $0.waiting.add(items) } }
    }

    /// Takes no more items; those that wait may still be written until then.
    func close(by deadline: ContinuousClock.Instant) {
        state.change { $0.deadline = deadline }
    }

    /// Waits for items and takes all there are; nil when the queue is closed and there is nothing left to do.
    func take() -> [Items.Item]? {
        state.wait { state -> [Items.Item]?? in
            if !state.waiting.isEmpty, !state.isOver { return .some(state.waiting.takeAll()) }
            return state.deadline == nil ? .none : .some(nil)
        }
    }

    /// Waits before something is tried again. Closing ends the wait, and shortens later ones. Returns false when it is too
    /// late to try.
    func pause(_ duration: Duration) -> Bool {
        let closing = state.change { $0.deadline }
        if let closing {
            _ = state.wait(atMost: min(duration, ContinuousClock.now.duration(to: closing))) {
                $0.isOver ? () : nil
            }
        } else {
            _ = state.wait(atMost: duration) { $0.deadline == nil ? nil : () }
        }
        return state.change { !$0.isOver }
    }
}

extension Array: Waiting {
    mutating func add(_ items: [Element]) { append(contentsOf: items) }

    mutating func takeAll() -> [Element] {
        defer { self = [] }
        return self
    }
}
