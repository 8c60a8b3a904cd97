import RFLib

/// Envelopes as documents, ready to be inserted as often as it takes: each keeps its `_id`.
struct InsertBatch {
    /// At most this many documents.
    static let maxCount = 1000
    /// No more documents once there are this many bytes.
    static let enoughBytes = 8 << 20
    /// MongoDB takes documents of 16 MiB (manual, "MongoDB Limits and Thresholds"), and so a command with one a little smaller.
    static let maxDocument = 15 << 20

    /// The documents that are known to be in the collection.
    private(set) var written = 0
    private var writer = BSONWriter()
    private var ends: [Int] = []
    private var ids: [ObjectID] = []

    /// True if there is nothing left to insert.
    var isDone: Bool { written == ends.count }

    /// Takes as many envelopes as belong into one batch, from the front.
    /// - Parameter refuse: takes those that are too big for MongoDB.
    init(taking envelopes: inout ArraySlice<Envelope>, refuse: (Envelope) -> Void) {
        while let envelope = envelopes.first, ends.count < Self.maxCount,
            writer.count < Self.enoughBytes
        {
            let start = writer.count
            let id = ObjectID()
            envelope.append(to: &writer, id: id)
            if writer.count - start > Self.maxDocument {
                writer.truncate(to: start)
                refuse(envelope)
            } else {
                ids.append(id)
                ends.append(writer.count)
            }
            envelopes.removeFirst()
        }
    }

    /// Inserts what is not written yet, in order, up to the first document that is refused.
    ///
    /// After a lost reply some documents may be there already, so a duplicate key means success. Inserts are ordered: those that
    /// are there come before those that are not, so counting tells where to go on. Run it until the batch is done.
    mutating func insert(into ring: Ring, _ client: borrowing MongoClient) throws(MongoError) {
        let reply = try WriteReply(client.run(insertCommand(ring)))
        guard let refusal = reply.refusal else {
            written = ends.count
            return
        }
        advance(by: refusal.index)
        guard refusal.error.serverCode == .duplicateKey else { throw refusal.error }
        let present = try client.run(countCommand(ring)).read { (document) throws(BSONError) in
            try document.read("n", as: Int32.self)
        }
        advance(by: max(1, Int(present)))
    }

    private mutating func advance(by count: Int) {
        written = min(written + count, ends.count)
    }

    private func insertCommand(_ ring: Ring) -> [UInt8] {
        var command = BSONWriter(capacity: writer.count + 16 * ends.count + 256)
        command.document { command in
            command.append("insert", ring.name)
            command.append("ordered", true)
            command.append("writeConcern", document: { $0.append("w", Int32(1)) })
            command.append("documents", array: written..<ends.count, of: .document) { command, index in
                command.append(raw: writer[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
            }
        }
        return command.bytes
    }

    private func countCommand(_ ring: Ring) -> [UInt8] {
        BSONWriter.document { command in
            command.append("count", ring.name)
            command.append(
                "query",
                document: { query in
                    query.append(
                        "_id",
                        document: { condition in
                            condition.append("$in", array: ids[written...], of: .objectID) {
                                $0.append(raw: $1.bytes)
                            }
                        })
                })
        }
    }
}
