import OpenFlow

extension FlowTable {
    /// The flows of a switch that is at work are read again, to see whether somebody else has changed them.
    ///
    /// Flow mods go on meanwhile. What the switch says of a flow that one of them is about may be old or new, so that such
    /// a flow is left out; the next audit will look at it.
    struct Audit: Sendable {
        /// Flows whose change was on its way when the audit began, or since.
        fileprivate(set) var moving: Set<FlowKey> = []
        /// What the switch has that it should not have, or that does something else.
        fileprivate var found: [FlowKey: FlowAction] = [:]
        /// Flows that are none of ours, and that were not known.
        fileprivate var strays: Set<Strays.Stray> = []

        /// A change of this flow is sent.
        mutating func sends(_ key: FlowKey) { moving.insert(key) }
    }

    /// How a switch that was right has come to differ, by somebody else's doing.
    struct Drift: Hashable, Sendable {
        /// Flows that are gone.
        var missing = 0
        /// Flows that do something else.
        var different = 0
        /// Flows that nobody here has made.
        var foreign = 0
        /// One of those that are gone or differ, to look at.
        var example: FlowKey?

        var isNone: Bool { self == Drift() }
    }

    /// How many flows the switch is known to have, or has said in the present audit.
    var auditSize: Int { size + (audit.map { $0.found.count + $0.strays.count } ?? 0) }

    /// The switch is about to be asked for its flows. False if there is nothing to compare them with.
    mutating func beginAudit() -> Bool {
        guard isRead, audit == nil else { return false }
        audit = Audit()
        for index in entries.values.indices {
            entries.values[index].marks.remove(.seen)
        }
        for case .flow(let key, _) in flight.messages { audit?.moving.insert(key) }
        return true
    }

    /// The switch has a flow.
    mutating func audited(_ flow: OpenFlow10.FlowStats) {
        guard let key = FlowKey(match: flow.match, priority: flow.priority) else {
            let stray = Strays.Stray(flow)
            if !keepsForeign, !strays.contains(stray) { audit?.strays.insert(stray) }
            return
        }
        let action = dialect.action(of: flow, key: key)
        let isAsKnown = change(key) { entry in
            entry.marks.insert(.seen)
            return entry.actual == action
        }
        if isAsKnown != true, !keeps(action, key) { audit?.found[key] = action }
    }

    /// The switch has said all its flows. Queues what puts them right.
    mutating func endAudit() -> Drift {
        guard let audit else { return Drift() }
        self.audit = nil
        var drift = Drift(foreign: audit.strays.count)
        var differing: [FlowKey] = []
        for (key, entry) in entries
        where entry.actual != .absent && !entry.marks.contains(.seen) && !audit.moving.contains(key) {
            drift.missing += 1
            differing.append(key)
        }
        for key in differing { drifted(key, to: .absent) }
        for (key, action) in audit.found where !audit.moving.contains(key) {
            if entries[key]?.desired ?? .absent == .absent {
                drift.foreign += 1
            } else {
                drift.different += 1
                differing.append(key)
            }
            drifted(key, to: action)
        }
        drift.example = differing.min()
        strays.retryRefused()
        for stray in audit.strays { strays.insert(stray) }
        if isComplete { deleteSurplus() }
        return drift
    }

    /// The switch did not say its flows after all.
    mutating func abandonAudit() { audit = nil }

    private mutating func drifted(_ key: FlowKey, to action: FlowAction) {
        entries[key, default: Entry()].actual = action
        enqueue(key)
        settle(key)
    }

    /// The switch says that a flow has gone. True if it should still be there: somebody else has removed it.
    ///
    /// It may also be late word of a removal of ours, after which the flow was set again: only the switch can tell.
    func misses(_ flow: OpenFlow10.FlowRemoved) -> Bool {
        guard let key = FlowKey(match: flow.match, priority: flow.priority), let entry = entries[key] else {
            return false
        }
        return entry.desired != .absent && entry.actual != .absent
    }
}
