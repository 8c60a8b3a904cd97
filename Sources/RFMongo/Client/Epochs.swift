import RFLib

extension MongoClient {
    /// Takes the next number for a name: higher than any before, on whatever server, whoever else asks.
    func nextEpoch(for name: PeerName) throws(MongoError) -> Int64 {
        let reply = try run {
            $0.append("findAndModify", "epochs")
            $0.append("query", document: { $0.append("_id", name.description) })
            $0.append("update", document: { $0.append("$inc", document: { $0.append("epoch", Int64(1)) }) })
            $0.append("upsert", true)
            $0.append("new", true)
            $0.appendMajority()
        }
        // A number that only a minority has may be given again: take another.
        _ = try WriteReply(reply)
        return try reply.read { (document) throws(BSONError) in
            var value = try document.document("value")
            return try value.read("epoch")
        }
    }

    /// Sees to it that the next number for a name is above this one.
    func raiseEpoch(for name: PeerName, to epoch: Int64) throws(MongoError) {
        let reply = try run {
            $0.append("update", "epochs")
            $0.append("updates", documents: CollectionOfOne(0)) { update, _ in
                update.append("q", document: { $0.append("_id", name.description) })
                update.append("u", document: { $0.append("$max", document: { $0.append("epoch", epoch) }) })
                update.append("upsert", true)
            }
            $0.appendMajority()
        }
        if let refusal = try WriteReply(reply).refusal { throw refusal.error }
    }
}
