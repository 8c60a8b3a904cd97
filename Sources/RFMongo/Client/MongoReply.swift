import CMongoC

/// The server's answer to a command; the one owner of its bytes.
struct MongoReply: ~Copyable {
    private let bytes: UnsafeMutablePointer<UInt8>?
    private let count: Int

    /// Takes over bytes that libbson allocated.
    init(_ bytes: UnsafeMutablePointer<UInt8>?, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    deinit {
        bson_free(bytes)
    }

    /// Lends the document.
    /// - Throws: `MongoError` in place of a `BSONError`, which is the server's fault here.
    func read<Result>(
        _ body: (inout BSONReader) throws(BSONError) -> Result
    ) throws(MongoError) -> Result {
        do {
            var reader = try BSONReader(UnsafeRawBufferPointer(start: bytes, count: count))
            return try body(&reader)
        } catch {
            throw .unexpectedReply(error)
        }
    }
}
