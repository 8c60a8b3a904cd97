import DequeModule

/// The sending half of a stream: which envelope is next, and what may still be lost.
struct StreamSender {
    /// The number of the present stream; 0 before the first.
    private(set) var stream: Int64 = 0
    /// The number of the last envelope taken for sending.
    private(set) var lastSeq: Int64 = 0

    private let limits: StreamLimits
    private var pending = PendingKeys()
    private var inFlight: Deque<(seq: Int64, messages: Int)> = []
    private var messagesInFlight = 0
    private var lastAcknowledged: Int64 = 0
    private var sync = Sync.none

    private enum Sync {
        case none
        /// The beginning has yet to be sent; the whole state waits before this place.
        case toBegin(boundary: UInt64)
        /// The whole state is being sent, up to this place.
        case under(boundary: UInt64, sent: Int64)
    }

    init(limits: StreamLimits) {
        self.limits = limits
    }

    /// How many keys there is a new word on that has not been sent.
    var backlog: Int { pending.count }

    /// True if enough waits to fill an envelope.
    var hasFullBatch: Bool { backlog >= limits.batch }

    /// True if there is something to say, and the window has room for it.
    var canSend: Bool {
        guard isWindowOpen else { return false }
        if case .none = sync { return pending.count > 0 }
        return true
    }

    private var isWindowOpen: Bool {
        stream > 0 && inFlight.count < limits.windowEnvelopes && messagesInFlight < limits.windowMessages
    }

    /// True if something that was sent has not been acknowledged.
    var isUnacknowledged: Bool { !inFlight.isEmpty }

    /// Begins a new stream, which says the whole state.
    mutating func begin(with keys: some Sequence<RFKey>) {
        stream += 1
        lastSeq = 0
        lastAcknowledged = 0
        inFlight.removeAll()
        messagesInFlight = 0
        pending.removeAll()
        for key in keys { pending.insert(key) }
        sync = .toBegin(boundary: pending.end)
    }

    /// Remembers that there is a new word on a key. Before the first stream nothing is remembered: it will say all.
    mutating func changed(_ key: RFKey) {
        if stream > 0 { pending.insert(key) }
    }

    /// The peer has applied everything up to an envelope. Returns true if that was news.
    mutating func acknowledge(stream: Int64, seq: Int64) -> Bool {
        guard stream == self.stream else { return false }
        lastAcknowledged = max(lastAcknowledged, min(seq, lastSeq))
        var isNews = false
        while let first = inFlight.first, first.seq <= seq {
            inFlight.removeFirst()
            messagesInFlight -= first.messages
            isNews = true
        }
        return isNews
    }

    /// True if more than this has been acknowledged, or in a later stream.
    func isAhead(ofStream stream: Int64, seq: Int64) -> Bool {
        stream < self.stream || stream == self.stream && seq < lastAcknowledged
    }

    /// Takes the next envelope's content, or nil if there is nothing to say or the window is full.
    mutating func next(_ wanted: (RFKey) -> RFMessage?) -> [RFMessage]? {
        guard isWindowOpen else { return nil }
        switch sync {
        case .toBegin(let boundary):
            sync = .under(boundary: boundary, sent: 0)
            return sent([.syncBegin])
        case .under(let boundary, let count):
            let content = takeBatch(before: boundary, wanted)
            if content.isEmpty {
                sync = .none
                return sent([.syncEnd(SyncEnd(count: count))])
            }
            sync = .under(boundary: boundary, sent: count + Int64(content.count))
            return sent(content)
        case .none:
            let content = takeBatch(before: .max, wanted)
            return content.isEmpty ? nil : sent(content)
        }
    }

    private mutating func sent(_ content: [RFMessage]) -> [RFMessage] {
        lastSeq += 1
        let weight = content.reduce(0) { $0 + $1.weight }
        inFlight.append((lastSeq, weight))
        messagesInFlight += weight
        return content
    }

    /// Takes messages of one kind, as many as wait and fit.
    private mutating func takeBatch(before boundary: UInt64, _ wanted: (RFKey) -> RFMessage?) -> [RFMessage] {
        var content: [RFMessage] = []
        var weight = 0
        while weight < limits.batch, let (key, place) = pending.first(), place < boundary {
            let message = wanted(key) ?? key.removal
            if let message, let first = content.first, first.kind != message.kind { break }
            pending.removeFirst()
            if let message {
                content.append(message)
                weight += message.weight
            }
        }
        return content
    }
}
