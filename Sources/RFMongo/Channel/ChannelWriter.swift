import Logging
import RFLib

/// Writes what a daemon sends, in order. One thread with one client runs it.
final class ChannelWriter: Sendable {
    private let rings: ChannelRings
    private let status: ChannelStatus
    private let logger: Logger
    private let queue = WorkQueue<Envelope>()

    init(_ rings: ChannelRings, status: ChannelStatus, logger: Logger) {
        self.rings = rings
        self.status = status
        self.logger = logger
    }

    /// Writes these after all others. What is outside the streams' windows, and said again in time, is not kept while
    /// nothing can be written: it would gather without bound.
    func send(_ envelopes: [Envelope]) {
        guard status.isTroubled(.writer) else { return queue.add(envelopes) }
        let kept = envelopes.filter { !$0.kind.isControl }
        queue.add(kept)
        if kept.count < envelopes.count { status.deliver(.written(envelopes.count - kept.count)) }
    }

    /// Takes no more; ends when all is written, or at the deadline.
    func close(by deadline: ContinuousClock.Instant) {
        queue.close(by: deadline)
    }

    /// Writes until closed.
    func run(_ pool: MongoPool) {
        let client = MongoClient(pool)
        var states: [String: RingState] = [:]
        while let envelopes = queue.take() {
            for (ring, envelopes) in rings.sort(envelopes) {
                guard write(envelopes, into: ring, client, &states[ring.name, default: RingState()]) else {
                    return
                }
            }
            status.deliver(.written(envelopes.count))
        }
    }

    /// What this thread knows of a collection.
    private struct RingState {
        /// False at the start and after each failure, when it may be gone.
        var isPrepared = false
        /// True once it has been well.
        var wasPrepared = false
        /// True if the last attempt failed.
        var isTroubled = false
    }

    /// Writes all. Returns false if it is too late.
    private func write(
        _ envelopes: [Envelope], into ring: Ring, _ client: borrowing MongoClient, _ state: inout RingState
    ) -> Bool {
        var rest = envelopes[...]
        while !rest.isEmpty {
            var batch = InsertBatch(taking: &rest, refuse: logOversize)
            guard write(&batch, into: ring, client, &state) else { return false }
        }
        return true
    }

    /// Tries until the batch is written. Returns false if it is too late.
    private func write(
        _ batch: inout InsertBatch, into ring: Ring, _ client: borrowing MongoClient,
        _ state: inout RingState
    ) -> Bool {
        var backoff = Backoff.retries()
        while !batch.isDone {
            do {
                if !state.isPrepared {
                    try ring.prepare(client, healing: state.wasPrepared)
                    state.isPrepared = true
                    state.wasPrepared = true
                }
                try batch.insert(into: ring, client)
                if state.isTroubled { status.succeeded(.writer) }
                state.isTroubled = false
            } catch {
                state.isPrepared = false
                state.isTroubled = true
                status.failed(.writer, error)
                guard queue.pause(backoff.step()) else { return false }
            }
        }
        return true
    }

    private func logOversize(_ envelope: Envelope) {
        logger.error(
            "envelope dropped: too big for a MongoDB document",
            metadata: [
                "from": "\(envelope.from)", "to": "\(envelope.to)", "type": "\(envelope.kind.rawValue)",
                "messages": "\(envelope.content.count)",
            ])
    }
}
