import Logging
import RFLib

/// Writes what a daemon sends, in order. One thread with one client runs it.
final class ChannelWriter: Sendable {
    private let rings: ChannelRings
    private let status: ChannelStatus
    private let logger: Logger
    private let queue = WorkQueue<[Envelope]>()

    init(_ rings: ChannelRings, status: ChannelStatus, logger: Logger) {
        self.rings = rings
        self.status = status
        self.logger = logger
    }

    /// Writes these after all others. What is outside the streams' windows, and said again in time, is not kept while
    /// nothing can be written: it would gather without bound. What is for all is said but once.
    func send(_ envelopes: [Envelope]) {
        guard status.isTroubled(.writer) else { return queue.add(envelopes) }
        let kept = envelopes.filter { !$0.kind.isControl || $0.to == .all }
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
        var memory = Memory()
        while let envelopes = queue.take() {
            for (ring, envelopes) in rings.sort(envelopes) {
                guard write(envelopes, into: ring, client, &memory) else { return }
            }
            status.deliver(.written(envelopes.count))
        }
    }

    /// What this thread knows of the collections, by name.
    private struct Memory {
        /// When each was found to be right; none at the start and after a failure, when they may be gone.
        var prepared: [String: ContinuousClock.Instant] = [:]
        /// Those that have been well.
        var known: Set<String> = []
        /// True if the last attempt failed.
        var isTroubled = false
    }

    /// An insert makes a collection that somebody has dropped, but no capped one, and who reads it may not run: so it is looked
    /// at again when this much time has passed.
    private static let trust = Duration.seconds(5)

    /// Makes sure that a collection is there and capped, unless that has just been done.
    private func prepare(
        _ ring: Ring, _ client: borrowing MongoClient, _ memory: inout Memory
    ) throws(MongoError) {
        let now = ContinuousClock.now
        if let last = memory.prepared[ring.name], last.duration(to: now) < Self.trust { return }
        try ring.prepare(client, healing: memory.known.contains(ring.name))
        memory.prepared[ring.name] = now
        memory.known.insert(ring.name)
    }

    /// Writes all. Returns false if it is too late.
    private func write(
        _ envelopes: [Envelope], into ring: Ring, _ client: borrowing MongoClient, _ memory: inout Memory
    ) -> Bool {
        var rest = envelopes[...]
        while !rest.isEmpty {
            var batch = InsertBatch(taking: &rest, refuse: logOversize)
            guard write(&batch, into: ring, client, &memory) else { return false }
        }
        return true
    }

    /// Tries until the batch is written. Returns false if it is too late.
    private func write(
        _ batch: inout InsertBatch, into ring: Ring, _ client: borrowing MongoClient,
        _ memory: inout Memory
    ) -> Bool {
        var backoff = Backoff.retries()
        while !batch.isDone {
            do {
                try prepare(ring, client, &memory)
                try batch.insert(into: ring, client)
                if memory.isTroubled { status.succeeded(.writer) }
                memory.isTroubled = false
            } catch {
                memory.prepared = [:]
                memory.isTroubled = true
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
