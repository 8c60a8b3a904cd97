import CMongoC
import RFLib

@testable import RFMongo

extension FuzzTarget {
    /// A document in a channel or in the RFTable: refused with a reason, or read; what is read can be written, and reads as
    /// the same.
    static let envelope = FuzzTarget(name: "envelope", longest: 2048) { input in
        try checkDocument(Array(input))
        // Most random changes would spoil the length and the end, which the database has checked.
        var whole = Array(input)
        guard whole.count > 4 else { return }
        withUnsafeBytes(of: Int32(whole.count).littleEndian) { whole.replaceSubrange(0..<4, with: $0) }
        whole[whole.count - 1] = 0
        try checkDocument(whole)
    }
}

private func checkDocument(_ bytes: [UInt8]) throws {
    try checkFields(bytes)
    try checkRoundTrip(bytes, Envelope.init(from:)) { envelope, writer in
        // What could not be understood is not written again.
        envelope.rejected = []
        envelope.append(to: &writer, id: ObjectID())
    }
    try checkRoundTrip(bytes, RFEntry.init(from:)) { entry, writer in writer.document(entry.append(to:)) }
}

private func checkRoundTrip<Value: Equatable>(
    _ bytes: [UInt8], _ read: (inout BSONReader) throws(BSONError) -> Value,
    _ write: (inout Value, inout BSONWriter) -> Void
) throws {
    guard var value = try? decode(bytes, read) else { return }
    var writer = BSONWriter()
    write(&value, &writer)
    let written = writer.bytes
    try expect(isBSON(written), "libbson does not take what is written for \(value)")
    let again = try decode(written, read)
    try expect(again == value, "\(value) has become \(again)")
}

private func decode<Value>(
    _ bytes: [UInt8], _ read: (inout BSONReader) throws(BSONError) -> Value
) throws(BSONError) -> Value {
    let result: Result<Value, BSONError> = bytes.withUnsafeBytes { bytes in
        Result { () throws(BSONError) in
            var document = try BSONReader(bytes)
            return try read(&document)
        }
    }
    return try result.get()
}

/// Every field is inside the document, and there is an end.
private func checkFields(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { whole in
        guard var reader = try? BSONReader(whole) else { return }
        var count = 0
        while let element = try? reader.next() {
            count += 1
            try expect(count < whole.count, "there is no end")
            for part in [element.name, element.value] where !part.isEmpty {
                guard let first = part.baseAddress, let start = whole.baseAddress else { continue }
                try expect(
                    first >= start && first + part.count <= start + whole.count, "a field lies outside")
            }
            _ = try? element.integer()
            _ = try? element.text()
            _ = try? BSONReader(element)
        }
    }
}

/// libbson's opinion.
private func isBSON(_ bytes: [UInt8]) -> Bool {
    guard let document = bson_new_from_data(bytes, bytes.count) else { return false }
    defer { bson_destroy(document) }
    return bson_validate(document, BSON_VALIDATE_NONE, nil)
}
