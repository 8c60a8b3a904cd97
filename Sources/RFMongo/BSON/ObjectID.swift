import CMongoC

/// The identity of a document.
struct ObjectID: Hashable, Sendable, CustomStringConvertible {
    /// The twelve bytes, in the order of BSON.
    let bytes: [UInt8]

    /// Makes one that no other process and no other call makes.
    init() {
        var id = bson_oid_t()
        bson_oid_init(&id, nil)
        bytes = withUnsafeBytes(of: id) { Array($0) }
    }

    /// 24 hexadecimal digits.
    var description: String {
        var writer = BSONWriter()
        for byte in bytes { writer.append(upTo: 2) { $0.write(hexadecimal: UInt64(byte), digits: 2) } }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension ObjectID: BSONField {
    init(_ element: BSONElement) throws(BSONError) {
        guard element.type == .objectID else {
            throw BSONError("an ObjectId is expected, not \(element.type)")
        }
        bytes = Array(element.value)
    }

    func append(to writer: inout BSONWriter, as name: StaticString) {
        writer.begin(.objectID, name)
        writer.append(raw: bytes)
    }
}
