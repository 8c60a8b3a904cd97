import Logging
import RFLib

/// The table as a collection: one document a row.
enum RFTableStore {
    static let collection = "rftable"

    /// Reads all rows. A document that is no row is logged and left out.
    static func load(_ client: borrowing MongoClient, _ logger: Logger) throws(MongoError) -> [RFEntry] {
        try client.createTableIndexes()
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
}
