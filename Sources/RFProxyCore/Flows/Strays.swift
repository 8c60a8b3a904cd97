import NIOCore
import OpenFlow

/// The flows in a switch that are none of ours, and that have to go once rfserver has said all.
struct Strays: Sendable {
    /// What tells such a flow from others.
    struct Stray: Hashable, Sendable {
        var match: OpenFlow10.Match
        var priority: UInt16

        /// What tells this flow from others.
        init(_ flow: OpenFlow10.FlowStats) {
            match = flow.match
            priority = flow.priority
        }
    }

    /// Those that are there as far as is known: a switch that never confirms a deletion keeps them.
    private var present: Set<Stray> = []
    /// Those of them whose deletion has yet to be sent.
    private var unsent = CircularBuffer<Stray>()
    /// Those of them that the switch would not delete.
    private var refused: [Stray] = []

    var count: Int { present.count }

    /// True if no deletion has yet to be sent.
    var areSent: Bool { unsent.isEmpty }

    func contains(_ stray: Stray) -> Bool { present.contains(stray) }

    /// The switch has a flow.
    mutating func insert(_ stray: Stray) {
        if present.insert(stray).inserted { unsent.append(stray) }
    }

    /// Takes the flow whose deletion is to be sent next.
    mutating func popUnsent() -> Stray? { unsent.popFirst() }

    /// The switch has confirmed a deletion.
    mutating func remove(_ stray: Stray) { present.remove(stray) }

    /// The switch has refused a deletion.
    mutating func refuse(_ stray: Stray) { refused.append(stray) }

    /// Deletions that were refused are to be tried again.
    mutating func retryRefused() {
        unsent.append(contentsOf: refused)
        refused = []
    }

    mutating func removeAll() { self = Strays() }
}
