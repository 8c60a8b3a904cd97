/// What a daemon wants its peers to know.
public protocol WantedState {
    /// Everything that a peer is to know. Keys that close what precedes them come last.
    func keys(for peer: PeerName) -> [RFKey]
    /// The last word on a key, or nil if there is nothing to say on it any more.
    func message(for key: RFKey) -> RFMessage?
}

/// Both streams between this incarnation of a daemon and one peer (design: the IPC, rules 2 to 7).
///
/// A stream carries a table. The sender says its whole table when the peer or the stream is new, and after that each
/// change; the receiver detects whatever was lost on the way, and asks for the whole table again. Nothing here keeps
/// time or sends: `receive` says what an envelope means, `flush` what is to be sent now, `deadline` when to flush again.
public struct Conversation: Sendable {
    /// What an envelope means to the daemon.
    public enum Delivery: Hashable, Sendable {
        /// The peer's whole table follows.
        case begin
        /// Changes of the peer's table, in order.
        case messages([RFMessage])
        /// The whole table has been said: what is not named here is gone. Nil if parts could not be understood, so
        /// that nothing may be concluded from silence.
        case end(named: Set<RFKey>?)
        /// Messages that could not be understood, with the reasons.
        case rejected([String])
        /// A later incarnation of this daemon is at work: this one has to end.
        case superseded
        /// The envelope was not meant for now.
        case dropped(Drop)
    }

    /// Why an envelope was not applied.
    public enum Drop: String, Hashable, Sendable {
        /// From an earlier incarnation of the peer.
        case staleEpoch = "stale epoch"
        /// For an earlier incarnation of this daemon.
        case otherEpoch = "for an earlier incarnation"
        /// Applied before.
        case duplicate
        /// Something before it is missing.
        case gap
    }

    /// With whom.
    public let peer: PeerName
    /// The latest incarnation of the peer that has been heard of; 0 for none.
    public private(set) var peerEpoch: Int64 = 0
    /// When the peer last showed that it lives. A channel that is read again repeats what it holds, and only the very last beat or
    /// acknowledgement among that is taken for a sign of life, once.
    public private(set) var lastHeard: Instant?

    private let me: PeerName
    private let epoch: Int64
    /// Earlier incarnations of the peer are not heeded, though nothing has been heard of a later one.
    private let leastPeerEpoch: Int64
    private var limits: StreamLimits
    private var sender: StreamSender
    private var receiver = StreamReceiver()
    private var senderNeedsStream = false
    private var requestAt: Instant?
    private var requests: Backoff
    private var ackAt: Instant?
    private var beatAt: Instant?
    private var beats: Backoff
    private var aliveAt: Instant

    /// Begins to talk to a peer.
    /// - Parameters:
    ///   - me: the name of this daemon.
    ///   - epoch: the incarnation of this daemon, as the database gave it.
    ///   - leastPeerEpoch: the earliest incarnation of the peer that is heeded.
    public init(
        me: PeerName, epoch: Int64, peer: PeerName, leastPeerEpoch: Int64 = 0,
        limits: StreamLimits = StreamLimits(), at now: Instant
    ) {
        self.me = me
        self.epoch = epoch
        self.leastPeerEpoch = leastPeerEpoch
        self.peer = peer
        self.limits = limits
        self.sender = StreamSender(limits: limits)
        // Peers that have all lost the same thing must not all ask again at the same time.
        let seed = UInt64(bitPattern: epoch) ^ peer.description.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }
        self.requests = Backoff(from: limits.beatDelay, upTo: limits.beatLimit, seed: seed)
        self.beats = Backoff(from: limits.beatDelay, upTo: limits.beatLimit, seed: ~seed)
        self.requestAt = now
        self.aliveAt = now.advanced(by: limits.livenessInterval)
    }

    /// There is a new word on a key.
    public mutating func changed(_ key: RFKey) {
        sender.changed(key)
    }

    /// The peer wants to hear at least this often that this daemon lives.
    public mutating func showLife(every interval: Duration, at now: Instant) {
        guard limits.livenessInterval != interval else { return }
        limits.livenessInterval = interval
        aliveAt = min(aliveAt, now.advanced(by: interval))
    }

    /// What the peer has said is no longer known here: it is asked for its whole table.
    public mutating func forget(at now: Instant) {
        receiver.forget()
        requestStream(at: now)
    }

    /// When `flush` has something to do without any event.
    public var deadline: Instant {
        let dues = [requestAt, ackAt, sender.isUnacknowledged ? beatAt : nil]
        return dues.reduce(aliveAt) { min($0, $1 ?? $0) }
    }

    /// How many keys there is a new word on that the peer has not been sent.
    public var backlog: Int { sender.backlog }

    /// True if changes gather that could be sent.
    public var isHolding: Bool { sender.canSend }

    // MARK: Receiving

    /// Takes an envelope from the peer.
    public mutating func receive(_ envelope: Envelope, at now: Instant) -> [Delivery] {
        guard envelope.epoch >= max(peerEpoch, leastPeerEpoch) else { return [.dropped(.staleEpoch)] }
        if envelope.epoch > peerEpoch { meet(envelope.epoch, at: now) }
        if envelope.toEpoch > epoch { return [.superseded] }
        guard envelope.toEpoch == epoch || isGreeting(envelope) else { return [.dropped(.otherEpoch)] }
        switch envelope.content.first {
        case .syncRequest(let request):
            // A request that names an earlier stream has been answered already, by the present one.
            guard request.stream == sender.stream else { return [] }
            lastHeard = now
            senderNeedsStream = true
            return []
        case .ack(let ack):
            // Also one that acknowledges nothing new shows life; it answers a beat. An older one speaks from the past.
            guard !sender.isAhead(ofStream: ack.stream, seq: ack.seq) else { return [] }
            lastHeard = now
            if sender.acknowledge(stream: ack.stream, seq: ack.seq) { restartBeats(at: now) }
            return []
        case .beat(let beat):
            if !receiver.isAhead(ofStream: beat.stream, seq: beat.seq) { lastHeard = now }
            if receiver.isBehind(stream: beat.stream, seq: beat.seq) {
                requestStream(at: now)
            } else if beat.stream == receiver.stream {
                ackAt = now  // the sender may wait for an acknowledgement that was lost
            }
            return []
        default:
            return follow(envelope, at: now)
        }
    }

    private func isGreeting(_ envelope: Envelope) -> Bool {
        envelope.toEpoch == 0 && envelope.kind == .syncRequest
    }

    /// The peer is new, or has started again: both tables have to be said from the beginning.
    private mutating func meet(_ newEpoch: Int64, at now: Instant) {
        peerEpoch = newEpoch
        lastHeard = now
        receiver = StreamReceiver()
        senderNeedsStream = true
        requests.reset()
        requestAt = now.advanced(by: requests.step())
        ackAt = nil
    }

    private mutating func follow(_ envelope: Envelope, at now: Instant) -> [Delivery] {
        switch receiver.accept(envelope) {
        case .old:
            return [.dropped(.duplicate)]
        case .gap:
            lastHeard = now
            requestStream(at: now)
            return [.dropped(.gap)]
        case .next:
            lastHeard = now
            let deliveries = receiver.apply(envelope)
            if receiver.needsStream {
                requestStream(at: now)
            } else {
                requestAt = nil
                if envelope.kind == .syncEnd { requests.reset() }
            }
            if ackAt == nil { ackAt = now.advanced(by: limits.ackDelay) }
            return deliveries
        }
    }

    private mutating func requestStream(at now: Instant) {
        if requestAt == nil { requestAt = now }
    }

    private mutating func restartBeats(at now: Instant) {
        beats.reset()
        beatAt = now.advanced(by: beats.step())
    }

    // MARK: Sending

    /// Everything that is to be sent now.
    /// - Parameter isBusy: true while changes are to gather, as long as they do not fill an envelope (`ChannelLoad`).
    public mutating func flush(
        _ state: some WantedState, whileBusy isBusy: Bool = false, at now: Instant
    ) -> [Envelope] {
        var envelopes: [Envelope] = []
        if let at = requestAt, at <= now {
            envelopes.append(envelope([.syncRequest(SyncRequest(stream: receiver.latestStream))]))
            requestAt = now.advanced(by: requests.step())
        }
        guard peerEpoch > 0 else {
            if aliveAt <= now { aliveAt = now.advanced(by: limits.livenessInterval) }
            return envelopes
        }

        if senderNeedsStream {
            senderNeedsStream = false
            sender.begin(with: state.keys(for: peer))
        }
        var hasSent = false
        while !isBusy || sender.hasFullBatch, let content = sender.next(state.message(for:)) {
            envelopes.append(envelope(content, stream: sender.stream, seq: sender.lastSeq))
            hasSent = true
        }
        if hasSent { restartBeats(at: now) }
        envelopes += acknowledgement(at: now)
        envelopes += beat(at: now)
        if !envelopes.isEmpty { aliveAt = now.advanced(by: limits.livenessInterval) }
        return envelopes
    }

    private mutating func acknowledgement(at now: Instant) -> [Envelope] {
        let waiting = receiver.unacknowledged
        let isHalfWindow =
            waiting.envelopes >= limits.windowEnvelopes / 2 || waiting.messages >= limits.windowMessages / 2
        guard isHalfWindow || ackAt.map({ $0 <= now }) ?? false else { return [] }
        ackAt = nil
        receiver.acknowledged()
        return [envelope([.ack(Ack(stream: receiver.stream, seq: receiver.lastSeq))])]
    }

    private mutating func beat(at now: Instant) -> [Envelope] {
        let isOverdue = sender.isUnacknowledged && beatAt.map { $0 <= now } ?? false
        guard isOverdue || aliveAt <= now else { return [] }
        if isOverdue { beatAt = now.advanced(by: beats.step()) }
        return [envelope([.beat(Beat(stream: sender.stream, seq: sender.lastSeq))])]
    }

    private func envelope(_ content: [RFMessage], stream: Int64 = 0, seq: Int64 = 0) -> Envelope {
        Envelope(
            from: me, to: peer, epoch: epoch, toEpoch: peerEpoch, stream: stream, seq: seq,
            kind: content[0].kind, content: content)
    }
}
