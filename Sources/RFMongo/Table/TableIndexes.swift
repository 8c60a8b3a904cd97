extension MongoClient {
    /// Makes sure that no two rows of the table can claim one port. The indexes are partial, since idle rows lack a side.
    func createTableIndexes() throws(MongoError) {
        try dropFormerLayout()
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

extension MongoClient {
    /// A datapath's port was once another one for each rfproxy. Such rows without a VM are worth nothing: the datapath says
    /// them again.
    private func dropFormerLayout() throws(MongoError) {
        do {
            _ = try run {
                $0.append("dropIndexes", RFTableStore.collection)
                $0.append("index", "datapath")
                $0.appendMajority()
            }
        } catch {
            guard [.namespaceNotFound, .indexNotFound].contains(error.serverCode) else { throw error }
        }
        _ = try run {
            $0.append("delete", RFTableStore.collection)
            $0.append("deletes", documents: ["^dp/[0-9]+/[0-9a-f]{16}/"]) { document, names in
                document.append(
                    "q", document: { $0.append("_id", document: { $0.append("$regex", names) }) })
                document.append("limit", Int32(0))
            }
            $0.appendMajority()
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
        Index(name: "datapath_port", fields: ["dp_id", "dp_port"], present: "dp_id"),
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
