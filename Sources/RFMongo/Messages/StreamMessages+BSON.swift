import RFLib

extension SyncRequest: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("stream", stream)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(stream: try document.read("stream"))
    }
}

extension SyncEnd: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("count", count)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(count: try document.read("count"))
    }
}

extension Ack: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("stream", stream)
        document.append("seq", seq)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(stream: try document.read("stream"), seq: try document.read("seq"))
    }
}

extension Beat: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("stream", stream)
        document.append("seq", seq)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(stream: try document.read("stream"), seq: try document.read("seq"))
    }
}
