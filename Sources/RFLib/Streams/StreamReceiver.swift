/// The receiving half of a stream: what is applied, and when the whole state has to be asked for.
struct StreamReceiver {
    /// What an envelope turned out to be.
    enum Verdict: Equatable {
        /// It is the next one: apply it.
        case next
        /// It came before, or belongs to an older stream.
        case old
        /// Something before it is missing.
        case gap
    }

    /// The stream that is, or was last, followed; 0 before the first.
    private(set) var stream: Int64 = 0
    /// The last envelope applied.
    private(set) var lastSeq: Int64 = 0
    /// The latest stream that has been heard of, whether or not it could be followed.
    private(set) var latestStream: Int64 = 0
    /// True if nothing can be applied until the peer begins a new stream.
    private(set) var needsStream = true
    /// Envelopes and messages applied since the last acknowledgement.
    private(set) var unacknowledged = (envelopes: 0, messages: 0)

    private var sync: Sync?

    private struct Sync {
        var named: Set<RFKey> = []
        var count: Int64 = 0
        var isWhole = true
    }

    /// Judges an envelope by its place in the stream, and remembers it if it is the next.
    mutating func accept(_ envelope: Envelope) -> Verdict {
        latestStream = max(latestStream, envelope.stream)
        if envelope.stream < stream { return .old }
        if envelope.stream > stream {
            guard envelope.seq == 1, envelope.kind == .syncBegin else { return missing() }
            stream = envelope.stream
            lastSeq = 0
            needsStream = false
            unacknowledged = (0, 0)
        }
        if envelope.seq <= lastSeq { return .old }
        if needsStream || envelope.seq > lastSeq + 1 { return missing() }
        lastSeq = envelope.seq
        unacknowledged.envelopes += 1
        unacknowledged.messages += envelope.content.count
        return .next
    }

    /// True if more than this has been applied: whoever says so spoke in the past.
    func isAhead(ofStream stream: Int64, seq: Int64) -> Bool {
        stream < self.stream || stream == self.stream && seq < lastSeq
    }

    /// The peer says that it has sent up to here. Returns true if something is missing.
    mutating func isBehind(stream: Int64, seq: Int64) -> Bool {
        latestStream = max(latestStream, stream)
        guard stream > self.stream || stream == self.stream && seq > lastSeq else { return false }
        needsStream = true
        return true
    }

    /// The state of an envelope that is the next, as deliveries in order.
    mutating func apply(_ envelope: Envelope) -> [Conversation.Delivery] {
        var deliveries: [Conversation.Delivery] = []
        if !envelope.rejected.isEmpty {
            sync?.isWhole = false
            sync?.count += Int64(envelope.rejected.count)
            deliveries.append(.rejected(envelope.rejected))
        }
        switch (envelope.kind, envelope.content.first) {
        case (.syncBegin, _):
            sync = Sync()
            deliveries.append(.begin)
        case (.syncEnd, .syncEnd(let end)):
            guard let ended = sync, ended.count == end.count else {
                needsStream = true
                break
            }
            sync = nil
            deliveries.append(.end(named: ended.isWhole ? ended.named : nil))
        default:
            remember(envelope.content)
            if !envelope.content.isEmpty { deliveries.append(.messages(envelope.content)) }
        }
        return deliveries
    }

    /// What was applied is no longer known: only a new stream can bring it back.
    mutating func forget() {
        needsStream = true
        sync = nil
    }

    /// Everything applied so far has been acknowledged.
    mutating func acknowledged() {
        unacknowledged = (0, 0)
    }

    private mutating func missing() -> Verdict {
        needsStream = true
        return .gap
    }

    private mutating func remember(_ content: [RFMessage]) {
        guard sync != nil else { return }
        sync?.count += Int64(content.count)
        for message in content {
            guard let key = message.key else { continue }
            if message.isRemoval {
                sync?.named.remove(key)
            } else {
                sync?.named.insert(key)
            }
        }
    }
}
