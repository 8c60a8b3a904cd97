import RFLib

/// A capped collection of a channel.
struct Ring: Sendable {
    /// The collection's name.
    let name: String
    /// Its size; what is beyond overwrites the oldest.
    let size: Int64

    /// 64 MiB.
    static let usualSize: Int64 = 64 << 20

    /// Makes sure that the collection is there, and capped.
    /// - Parameter healing: true if it has been well in the life of this daemon. Then one that is not capped was made by an
    ///   insert after somebody had dropped it, so it is made capped again. Else it is somebody else's and left alone.
    /// - Throws: `MongoError`, with the code `refused` for a collection that is left alone.
    func prepare(_ client: borrowing MongoClient, healing: Bool) throws(MongoError) {
        do {
            _ = try client.run {
                $0.append("create", name)
                $0.append("capped", true)
                $0.append("size", size)
            }
        } catch {
            guard error.serverCode == .namespaceExists else { throw error }
            guard try !isCapped(client) else { return }
            guard healing else {
                throw MongoError(
                    .refused,
                    "collection \"\(name)\" is not capped, so RouteFlow did not make it: drop or rename it")
            }
            _ = try client.run {
                $0.append("convertToCapped", name)
                $0.append("size", size)
            }
        }
    }

    private func isCapped(_ client: borrowing MongoClient) throws(MongoError) -> Bool {
        let reply = try client.run {
            $0.append("listCollections", Int32(1))
            $0.append("filter", document: { $0.append("name", name) })
        }
        return try reply.read { (document) throws(BSONError) in
            var cursor = try document.document("cursor")
            return try cursor.list("firstBatch") { (collection) throws(BSONError) in
                var options = try collection.document("options")
                return try options.readIfPresent("capped", as: Bool.self) ?? false
            }.first ?? false
        }
    }
}
