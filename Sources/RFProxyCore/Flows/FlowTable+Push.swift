import NIOCore
import OpenFlow

extension FlowTable {
    /// What is on its way to the switch: every flow mod since the last barrier that came back.
    struct Flight: Sendable {
        /// One message. Their transactions are numbered without gaps, so that a place in the queue is a number.
        enum Message: Sendable {
            /// A flow mod, and what the flow did before.
            case flow(FlowKey, before: FlowAction)
            case stray(Strays.Stray)
            case barrier
        }

        fileprivate(set) var messages = CircularBuffer<Message>()
        fileprivate var firstXid = Self.mark
        fileprivate var flowsSinceBarrier = 0
        fileprivate var deletedSinceBarrier = false

        /// The bit that tells these transactions from all others of a session.
        private static let mark: UInt32 = 1 << 31

        /// True if a message with this transaction is one of these.
        static func owns(_ xid: UInt32) -> Bool { xid & mark != 0 }

        fileprivate mutating func take(_ message: Message) -> UInt32 {
            messages.append(message)
            return firstXid &+ UInt32(messages.count - 1) | Self.mark
        }

        /// The place of a message, or nil if it is not on its way.
        fileprivate func place(of xid: UInt32) -> Int? {
            let place = Int((xid &- firstXid) & ~Self.mark)
            return place < messages.count ? place : nil
        }

        /// Nothing is expected any more of what is on its way: late answers find nothing.
        mutating func abandon() {
            firstXid = firstXid &+ UInt32(messages.count) | Self.mark
            messages.removeAll()
            flowsSinceBarrier = 0
            deletedSinceBarrier = false
        }

        fileprivate mutating func popFirst() -> Message? {
            firstXid = firstXid &+ 1 | Self.mark
            return messages.popFirst()
        }
    }

    /// How much may be on its way.
    enum PushLimit {
        /// Flow mods that no barrier has confirmed.
        static let window = 8000
        /// Flow mods between two barriers.
        static let batch = 500
    }

    /// True if nothing waits, and nothing is on its way.
    var isSettled: Bool {
        isRead && flight.messages.isEmpty && changes.isEmpty && deletions.isEmpty
            && (strays.areSent || !isComplete)
    }

    /// Writes what waits, as far as the window allows: deletions first, then a barrier, then the rest.
    mutating func push(into output: inout ByteBuffer) {
        guard isRead else { return }
        retryToNewPorts()
        while flight.messages.count < PushLimit.window {
            if !pushDeletion(into: &output), !pushChange(into: &output) { break }
            if flight.flowsSinceBarrier >= PushLimit.batch { barrier(into: &output) }
        }
        if flight.flowsSinceBarrier > 0 { barrier(into: &output) }
    }

    private mutating func pushDeletion(into output: inout ByteBuffer) -> Bool {
        while let key = deletions.popFirst() {
            guard let before = send(key, isDeletion: true) else { continue }
            let xid = flight.take(.flow(key, before: before))
            Self.encode(.deleteStrict, key, [], xid: xid, into: &output)
            flight.deletedSinceBarrier = true
            flight.flowsSinceBarrier += 1
            return true
        }
        guard isComplete, let stray = strays.popUnsent() else { return false }
        let order = OpenFlow10.FlowMod(.deleteStrict, match: stray.match, priority: stray.priority)
        Self.encode(order, xid: flight.take(.stray(stray)), into: &output)
        flight.deletedSinceBarrier = true
        flight.flowsSinceBarrier += 1
        return true
    }

    private mutating func pushChange(into output: inout ByteBuffer) -> Bool {
        while let key = changes.popFirst() {
            guard let before = send(key, isDeletion: false), let action = entries[key]?.desired else {
                continue
            }
            if flight.deletedSinceBarrier { barrier(into: &output) }
            let xid = flight.take(.flow(key, before: before))
            // Adding what is there would zero its counters; modifying keeps them, but also keeps a time-out.
            let isNew = before == .absent || before == .alien
            let actions = dialect.actions(action, of: key)
            Self.encode(isNew ? .add : .modifyStrict, key, actions, xid: xid, into: &output)
            flight.flowsSinceBarrier += 1
            return true
        }
        return false
    }

    /// Takes a flow as sent, if it still has to be. Returns what it did before.
    private mutating func send(_ key: FlowKey, isDeletion: Bool) -> FlowAction? {
        let isComplete = isComplete
        let before = change(key) { entry -> FlowAction? in
            entry.marks.remove(.queued)
            guard entry.desired != entry.actual, (entry.desired == .absent) == isDeletion else { return nil }
            // rfserver has begun to say all anew, and may want it again.
            if isDeletion, !isComplete, !entry.marks.contains(.withdrawn) { return nil }
            entry.marks.insert(.inFlight)
            entry.marks.subtract([.changed, .refused])
            let before = entry.actual
            entry.actual = entry.desired
            return before
        }
        if let before = before ?? nil {
            audit?.sends(key)
            return before
        }
        // It may have changed from one that is to go to one that is to stay, or the other way, while it waited.
        enqueue(key)
        settle(key)
        return nil
    }

    private mutating func barrier(into output: inout ByteBuffer) {
        flight.flowsSinceBarrier = 0
        flight.deletedSinceBarrier = false
        let header = OpenFlowHeader(
            version: .v10, type: OpenFlow10.MessageType.barrierRequest.rawValue,
            length: UInt16(OpenFlowHeader.size), xid: flight.take(.barrier))
        header.encode(into: &output)
    }

    private static func encode(
        _ command: OpenFlow10.FlowModCommand, _ key: FlowKey, _ actions: [OpenFlow10.Action], xid: UInt32,
        into output: inout ByteBuffer
    ) {
        // What somebody else removes, the switch tells at once.
        let order = OpenFlow10.FlowMod(
            command, match: key.match, priority: key.priority, cookie: SwitchDialect.cookie,
            flags: command == .add ? .sendFlowRemoved : [], actions: actions)
        encode(order, xid: xid, into: &output)
    }

    private static func encode(_ order: OpenFlow10.FlowMod, xid: UInt32, into output: inout ByteBuffer) {
        output.write(OpenFlow10.Envelope(xid: xid, .flowMod(order)))
    }

    // MARK: Answers

    /// A barrier has come back: all before it is done, or has been refused by now.
    mutating func passed(barrier xid: UInt32) {
        guard let place = flight.place(of: xid) else { return }
        var reasons = 0
        for _ in 0...place {
            switch flight.popFirst() {
            case .flow(let key, let before): reasons += done(key, before: before)
            case .stray(let stray):
                strays.remove(stray)
                reasons += 1
            case .barrier, nil: break
            }
        }
        retry(reasons)
    }

    /// Returns how many refused flows there is reason to try again: each flow that left may have made room for one, and each
    /// that was refused before and found room shows that there is more.
    private mutating func done(_ key: FlowKey, before: FlowAction) -> Int {
        let result = change(key) { entry -> (again: Bool, resolved: Bool, deleted: Bool) in
            entry.marks.remove(.inFlight)
            let again = entry.marks.remove(.changed) != nil
            let isTaken = !entry.marks.contains(.refused)
            let resolved = isTaken && entry.marks.remove(.reported) != nil
            return (again, resolved, isTaken && entry.actual == .absent && before != .absent)
        }
        guard let result else { return 0 }
        if result.resolved { outcomes.append(.resolved(key)) }
        if result.again { enqueue(key) }
        settle(key)
        return (result.deleted ? 1 : 0) + (result.resolved ? 2 : 0)
    }

    /// The switch refused a message. False if it is none of these.
    mutating func refuse(_ xid: UInt32, _ code: OpenFlow10.ErrorCode) -> Bool {
        guard let place = flight.place(of: xid) else { return false }
        let index = flight.messages.index(flight.messages.startIndex, offsetBy: place)
        guard case .flow(let key, let before) = flight.messages[index] else {
            if case .stray(let stray) = flight.messages[index] {
                // As if it had not been sent: its barrier says nothing of it.
                flight.messages[index] = .barrier
                strays.refuse(stray)
                outcomes.append(.foreignKept(code))
            }
            return true
        }
        let isWanted = change(key) { entry in
            entry.actual = before
            entry.marks.insert(.refused)
            guard entry.desired != .absent else { return false }
            entry.marks.insert(.reported)
            return true
        }
        guard let isWanted else { return true }
        refused.insert(key)
        outcomes.append(isWanted ? .refused(key, code) : .kept(key, code))
        return true
    }

    /// Tries some of the refused flows again: there is a reason to think that they are taken now.
    mutating func retry(_ count: Int) {
        // All at once: a set is searched from its front for each that is taken from there.
        retry(Array(refused.prefix(count)))
    }

    /// Tries the refused flows again that lead to ports that are there now.
    private mutating func retryToNewPorts() {
        guard !newPorts.isEmpty else { return }
        let ports = newPorts
        newPorts.removeAll()
        guard hasRoutes, !refused.isEmpty else { return }
        retry(refused.filter { entries[$0].map { ports.contains($0.desired.port) } ?? false })
    }

    private mutating func retry(_ keys: some Sequence<FlowKey>) {
        for key in keys {
            refused.remove(key)
            // One whose barrier has yet to return is tried when it does.
            change(key) { if $0.marks.contains(.inFlight) { $0.marks.insert(.changed) } }
            enqueue(key)
        }
    }
}
