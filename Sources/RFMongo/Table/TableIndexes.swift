extension MongoClient {
    /// Makes sure that no two rows of the table can claim one port. The indexes are partial, since idle rows lack a side.
    func createTableIndexes() throws(MongoError) {
        do {
            _ = try run {
                $0.append("createIndexes", RFTableStore.collection)
                $0.append("indexes", documents: Index.all) { $1.append(to: &$0) }
                $0.appendMajority()
            }
        } catch {
            guard error.serverCode == .duplicateKey else { throw error }
            throw MongoError(.refused, "two rows of \"\(RFTableStore.collection)\" claim one port: \(error)")
        }
    }
}

/// One unique index of the table.
private struct Index {
    var name: String
    /// The fields that are unique together.
    var fields: [StaticString]
    /// The one of them that a row without this side lacks.
    var present: StaticString

    static let all = [
        Index(name: "vm", fields: ["vm_id", "vm_port"], present: "vm_id"),
        Index(name: "datapath", fields: ["ct_id", "dp_id", "dp_port"], present: "dp_id"),
        Index(name: "virtual", fields: ["vs_id", "vs_port"], present: "vs_id"),
    ]

    func append(to document: inout BSONWriter) {
        document.append("name", name)
        document.append("key", document: { key in for field in fields { key.append(field, Int32(1)) } })
        document.append("unique", true)
        document.append(
            "partialFilterExpression",
            document: {
                $0.append(present, document: { $0.append("$type", "string") })
            })
    }
}
