import NetTypes
import RFLib

extension Envelope {
    /// Writes the envelope as a document.
    func append(to writer: inout BSONWriter, id: ObjectID) {
        writer.document { document in
            document.append("_id", id)
            document.append("from", from.description)
            document.append("to", to.description)
            document.append("type", kind.rawValue)
            document.append("read", false)
            document.append("epoch", epoch)
            document.append("to_epoch", toEpoch)
            document.append("stream", stream)
            document.append("seq", seq)
            document.append("content", documents: content) { $1.append(to: &$0) }
        }
    }

    /// Far more than any name has: what somebody else has written must not fill the log.
    private static var longestName: Int { 64 }

    /// Reads an envelope. One of an unknown type has its place in the stream like any other. Messages that cannot be
    /// understood are set aside in `rejected`.
    /// - Throws: if the envelope itself cannot be understood.
    init(from document: inout BSONReader) throws(BSONError) {
        let from: String = try document.read("from")
        let to: String = try document.read("to")
        guard max(from.utf8.count, to.utf8.count) <= Self.longestName else {
            throw BSONError("from, to: longer than any name")
        }
        let type: Int32 = try document.read("type")
        let kind = RFMessage.Kind(rawValue: type) ?? .unknown
        self.init(
            from: PeerName(from), to: PeerName(to),
            epoch: try document.read("epoch"), toEpoch: try document.read("to_epoch"),
            stream: try document.read("stream"), seq: try document.read("seq"),
            kind: kind, content: [])
        guard let element = try document.find("content") else { throw BSONError("content: missing") }
        do {
            var inside = try BSONReader(element)
            if element.type == .document {
                take { () throws(BSONError) in try RFMessage(kind, from: &inside) }
            } else {
                while let item = try inside.next() {
                    take { () throws(BSONError) in
                        var message = try BSONReader(item)
                        return try RFMessage(kind, from: &message)
                    }
                }
            }
        } catch {
            throw error.inside("content")
        }
    }

    private mutating func take(_ read: () throws(BSONError) -> RFMessage) {
        do { content.append(try read()) } catch { rejected.append(error.reason) }
    }
}
