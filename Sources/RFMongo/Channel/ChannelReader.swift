import Logging
import RFLib

/// Reads what is sent to a daemon. One thread with one client runs it.
final class ChannelReader: Sendable {
    /// How long the server holds a read that has nothing to give; it bounds the time that closing takes.
    private static let wait: Int32 = 1000

    private let ring: Ring
    private let reader: PeerName
    private let status: ChannelStatus
    private let logger: Logger
    private let closed = Latch()

    init(_ ring: Ring, reader: PeerName, status: ChannelStatus, logger: Logger) {
        self.ring = ring
        self.reader = reader
        self.status = status
        self.logger = logger
    }

    /// Has the thread end soon.
    func close() {
        closed.set()
    }

    /// Reads until closed.
    func run(_ pool: MongoPool) {
        let client = MongoClient(pool)
        var backoff = Backoff.retries()
        var wasWell = false
        while !closed.isSet {
            do {
                try ring.prepare(client, healing: wasWell)
                var cursor = try openCursor(client)
                wasWell = true
                backoff.reset()
                status.succeeded(.reader)
                try follow(&cursor, client)
            } catch {
                guard !closed.isSet else { return }
                status.failed(.reader, error)
                closed.wait(atMost: backoff.step())
            }
        }
    }

    /// A tailable cursor from the oldest document on: streams weed out what was read before. Where it was lost does not matter,
    /// since the ids of several senders are not in the order of the collection.
    private func openCursor(_ client: borrowing MongoClient) throws(MongoError) -> MongoCursor {
        var cursor = try MongoCursor(client, on: ring.name)
        try find(&cursor, client)
        // "Tailable cursors may become dead [...] if the query returns no match" (MongoDB manual, Tailable Cursors).
        if !cursor.isAlive {
            try seed(client)
            try find(&cursor, client)
        }
        guard cursor.isAlive else {
            throw MongoError(.unreachable, "the cursor on \"\(ring.name)\" does not stay open")
        }
        return cursor
    }

    /// Delivers until the cursor is dead or the channel is closed.
    private func follow(_ cursor: inout MongoCursor, _ client: borrowing MongoClient) throws(MongoError) {
        while cursor.isAlive, !closed.isSet {
            var batch = Batch(reader: reader)
            do {
                try cursor.getMore(client, waiting: Self.wait) { batch.take($0) }
            } catch {
                guard let code = error.serverCode, code.meansLostCursor else { throw error }
                logger.notice(
                    "channel cursor lost, reading again from the oldest", metadata: ["reason": "\(error)"])
                return
            }
            deliver(batch)
            guard try cursor.isOnPrimary(client) else {
                logger.notice("another primary was elected, reading the channel there from the oldest")
                break
            }
        }
        cursor.close(client)
    }

    private func find(_ cursor: inout MongoCursor, _ client: borrowing MongoClient) throws(MongoError) {
        var batch = Batch(reader: reader)
        let options = { [reader] (find: inout BSONWriter) in
            find.append(
                "filter",
                document: { filter in
                    filter.append("$or", documents: [reader, .all]) { $0.append("to", $1.description) }
                })
            find.append("tailable", true)
            find.append("awaitData", true)
        }
        try cursor.find(client, options) { batch.take($0) }
        deliver(batch)
    }

    /// Inserts a document that matches the filter and that `Batch` drops.
    private func seed(_ client: borrowing MongoClient) throws(MongoError) {
        var envelopes = [Batch.seed(for: reader)][...]
        var batch = InsertBatch(taking: &envelopes) { _ in }
        try batch.insert(into: ring, client)
    }

    private func deliver(_ batch: Batch) {
        for event in batch.events where !closed.isSet {
            if case .poison(let reason) = event {
                logger.debug("document set aside", metadata: ["reason": "\(reason)"])
            }
            status.deliver(event)
        }
    }
}
