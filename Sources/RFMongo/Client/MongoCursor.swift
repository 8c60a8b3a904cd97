/// A query that the server answers in batches.
///
/// The commands are run here one by one, since libmongoc's own cursor does not say where a batch ends: what has gathered is to
/// be handed on at once, and together.
struct MongoCursor: ~Copyable {
    private let collection: String
    private let server: UInt32
    private let session: MongoSession
    private var id: Int64 = 0

    /// Prepares a query. Its commands have to go to one server, in one session.
    init(_ client: borrowing MongoClient, on collection: String) throws(MongoError) {
        let server = try client.primary()
        let session = try client.startSession()
        self.collection = collection
        self.server = server
        self.session = session
    }

    /// True if the server may have more documents, now or later.
    var isAlive: Bool { id != 0 }

    /// True while the server that the cursor is on is the primary, as far as libmongoc knows. A former primary goes on to answer,
    /// with whatever reaches it.
    /// - Throws: `MongoError` if there is no primary.
    func isOnPrimary(_ client: borrowing MongoClient) throws(MongoError) -> Bool {
        try client.primary() == server
    }

    /// Asks for the first batch.
    /// - Parameters:
    ///   - options: further fields of the `find` command.
    ///   - take: takes each document of the batch.
    mutating func find(
        _ client: borrowing MongoClient, _ options: (inout BSONWriter) -> Void,
        _ take: (BSONElement) throws(BSONError) -> Void
    ) throws(MongoError) {
        let command = BSONWriter.document {
            $0.append("find", collection)
            options(&$0)
        }
        let reply = try client.run(command, in: session, on: server)
        id = try Self.batch("firstBatch", of: reply, take)
    }

    /// Asks for another batch of a cursor that is alive. It is empty if nothing came within the time.
    /// - Parameters:
    ///   - milliseconds: how long a tailable cursor waits for a document.
    ///   - take: takes each document of the batch.
    mutating func getMore(
        _ client: borrowing MongoClient, waiting milliseconds: Int32? = nil,
        _ take: (BSONElement) throws(BSONError) -> Void
    ) throws(MongoError) {
        let command = BSONWriter.document {
            $0.append("getMore", id)
            $0.append("collection", collection)
            $0.append("maxTimeMS", ifPresent: milliseconds)
        }
        let reply = try client.run(command, in: session, on: server)
        id = try Self.batch("nextBatch", of: reply, take)
    }

    /// Has the server forget the cursor. Errors do not matter: it forgets cursors by itself, later.
    mutating func close(_ client: borrowing MongoClient) {
        guard isAlive else { return }
        let command = BSONWriter.document {
            $0.append("killCursors", collection)
            $0.append("cursors", array: CollectionOfOne(id), of: .int64) { $0.append(littleEndian: $1) }
        }
        _ = try? client.run(command, in: session, on: server)
        id = 0
    }

    private static func batch(
        _ name: StaticString, of reply: borrowing MongoReply, _ take: (BSONElement) throws(BSONError) -> Void
    ) throws(MongoError) -> Int64 {
        try reply.read { (document) throws(BSONError) in
            var cursor = try document.document("cursor")
            var batch = try cursor.document(name)
            while let element = try batch.next() { try take(element) }
            return try cursor.read("id")
        }
    }
}
