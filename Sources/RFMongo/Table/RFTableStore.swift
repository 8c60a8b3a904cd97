import Logging
import RFLib

/// The table as a collection: one document a row.
enum RFTableStore {
    static let collection = "rftable"

    /// Reads all rows. A document that is no row is logged and left out.
    /// - Parameter term: the lease under which the rows are taken over, so that no earlier holder changes them any more.
    static func load(
        _ client: borrowing MongoClient, under term: Int64?, _ logger: Logger
    ) throws(MongoError) -> [RFEntry] {
        try client.createTableIndexes()
        if let term { try takeOver(client, term) }
        var entries: [RFEntry] = []
        func take(_ element: BSONElement) throws(BSONError) {
            var document = try BSONReader(element)
            do throws(BSONError) {
                entries.append(try RFEntry(from: &document))
            } catch {
                let id = (try? document.read("_id", as: String.self)) ?? "without a text as _id"
                logger.error(
                    "row of the table ignored", metadata: ["_id": "\(id)", "reason": "\(error.reason)"])
            }
        }
        var cursor = try MongoCursor(client, on: collection)
        // Not what an election may take back.
        let options = { (find: inout BSONWriter) in
            find.append("readConcern", document: { $0.append("level", "majority") })
        }
        try cursor.find(client, options, take)
        while cursor.isAlive { try cursor.getMore(client, take) }
        return entries
    }

    private static func takeOver(_ client: borrowing MongoClient, _ term: Int64) throws(MongoError) {
        let reply = try client.run {
            $0.append("update", collection)
            $0.append("updates", documents: CollectionOfOne(term)) { document, term in
                document.append("q", document: { $0.appendTerm(upTo: term) })
                document.append("u", document: { $0.append("$set", document: { $0.append("term", term) }) })
                document.append("multi", true)
            }
            $0.appendMajority()
        }
        if let refusal = try WriteReply(reply).refusal { throw refusal.error }
    }
}

extension BSONWriter {
    /// The condition that no later rfserver has written the row.
    mutating func appendTerm(upTo term: Int64) {
        append("term", document: { $0.append("$not", document: { $0.append("$gt", term) }) })
    }
}
