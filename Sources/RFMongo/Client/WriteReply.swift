/// What became of an ordered write command.
struct WriteReply {
    /// A document that the server refused; those after it have not been tried.
    struct Refusal {
        /// The document's place in the command.
        let index: Int
        /// Why it was refused.
        let error: MongoError
    }

    /// The refusal that ended the command, if any.
    let refusal: Refusal?

    /// Reads the reply.
    /// - Throws: `MongoError` if the write concern was not met, or if the reply is not understood.
    init(_ reply: borrowing MongoReply) throws(MongoError) {
        refusal = try reply.read { (document) throws(BSONError) -> Refusal? in
            guard try document.find("writeErrors") != nil else { return nil }
            return try document.list("writeErrors", of: Self.readRefusal).first
        }
        let concern = try reply.read { (document) throws(BSONError) -> MongoError? in
            guard try document.find("writeConcernError") != nil else { return nil }
            var error = try document.document("writeConcernError")
            return try Self.readError(&error)
        }
        if let concern, refusal == nil { throw concern }
    }

    private static func readRefusal(_ document: inout BSONReader) throws(BSONError) -> Refusal {
        let index: Int32 = try document.read("index")
        guard index >= 0 else { throw BSONError("index: \(index) is out of range") }
        return Refusal(index: Int(index), error: try readError(&document))
    }

    private static func readError(_ document: inout BSONReader) throws(BSONError) -> MongoError {
        MongoError(
            server: ServerCode(rawValue: try document.read("code")),
            try document.readIfPresent("errmsg") ?? "no reason given")
    }
}

extension BSONWriter {
    /// The write concern of what must survive an election: RFTable and epochs. It waits at most as long as a connection does.
    mutating func appendMajority() {
        append(
            "writeConcern",
            document: {
                $0.append("w", "majority")
                $0.append("wtimeout", Int32(4000))
            })
    }
}
