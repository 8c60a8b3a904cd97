import RFLib

/// The lease of the rfservers: one document of the collection `rflease`.
extension MongoClient {
    private static var collection: String { "rflease" }
    private static var id: String { "rfserver" }

    /// Reads the lease, as a majority has it; nil if there has never been one.
    func readLease() throws(MongoError) -> Lease? {
        let reply = try run {
            $0.append("find", Self.collection)
            $0.append("filter", document: { $0.append("_id", Self.id) })
            $0.append("limit", Int32(1))
            $0.append("singleBatch", true)
            $0.append("readConcern", document: { $0.append("level", "majority") })
        }
        return try reply.read { (document) throws(BSONError) in
            var cursor = try document.document("cursor")
            return try cursor.list("firstBatch") { (lease) throws(BSONError) in
                let holder: String = try lease.read("holder")
                return Lease(
                    holder: LeaseHolder(holder), term: try lease.read("term"), beat: try lease.read("beat"))
            }.first
        }
    }

    /// Takes the lease, unless it has changed since it was read. Returns false if it has.
    func takeLease(_ former: Lease?, as holder: LeaseHolder, term: Int64) throws(MongoError) -> Bool {
        let lease = { (document: inout BSONWriter) in
            document.append("holder", holder.description)
            document.append("term", term)
            document.append("beat", Int64(1))
        }
        guard let former else {
            let reply = try run {
                $0.append("insert", Self.collection)
                $0.append("documents", documents: CollectionOfOne(0)) { document, _ in
                    document.append("_id", Self.id)
                    lease(&document)
                }
                $0.appendMajority()
            }
            guard let refusal = try WriteReply(reply).refusal else { return true }
            guard refusal.error.serverCode == .duplicateKey else { throw refusal.error }
            return false
        }
        return try updateLease(
            where: {
                $0.append("term", former.term)
                $0.append("beat", former.beat)
            }, to: { $0.append("$set", document: lease) })
    }

    /// Shows that the holder lives. Returns false if somebody else has the lease.
    func renewLease(term: Int64) throws(MongoError) -> Bool {
        try updateLease(
            where: { $0.append("term", term) },
            to: { $0.append("$inc", document: { $0.append("beat", Int64(1)) }) })
    }

    /// Gives the lease back, so that nobody has to wait until it stands still.
    func releaseLease(term: Int64) throws(MongoError) {
        _ = try updateLease(
            where: { $0.append("term", term) },
            to: { $0.append("$set", document: { $0.append("holder", "") }) })
    }

    /// Changes the lease by a majority. Returns false if the condition is not met.
    private func updateLease(
        where condition: (inout BSONWriter) -> Void, to change: (inout BSONWriter) -> Void
    ) throws(MongoError) -> Bool {
        let reply = try run {
            $0.append("update", Self.collection)
            $0.append("updates", documents: CollectionOfOne(0)) { document, _ in
                document.append(
                    "q",
                    document: {
                        $0.append("_id", Self.id)
                        condition(&$0)
                    })
                document.append("u", document: change)
            }
            $0.appendMajority()
        }
        if let refusal = try WriteReply(reply).refusal { throw refusal.error }
        let matched: Int32 = try reply.read { (document) throws(BSONError) in try document.read("n") }
        return matched == 1
    }
}
