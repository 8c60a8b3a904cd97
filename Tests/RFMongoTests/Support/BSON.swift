import CMongoC
import RFLib

@testable import RFMongo

/// The bytes of an envelope's document.
func bytes(of envelope: Envelope, id: ObjectID = ObjectID()) -> [UInt8] {
    var writer = BSONWriter()
    envelope.append(to: &writer, id: id)
    return writer.bytes
}

/// The envelope in a document.
func envelope(in bytes: [UInt8]) throws(BSONError) -> Envelope {
    let result: Result<Envelope, BSONError> = bytes.withUnsafeBytes { bytes in
        Result { () throws(BSONError) in
            var document = try BSONReader(bytes)
            return try Envelope(from: &document)
        }
    }
    return try result.get()
}

/// libbson's reading of a document.
func json(_ bytes: [UInt8]) -> String {
    guard let document = bson_new_from_data(bytes, bytes.count) else { return "not a BSON document" }
    defer { bson_destroy(document) }
    guard let text = bson_as_canonical_extended_json(document, nil) else { return "not valid BSON" }
    defer { bson_free(text) }
    return String(cString: text)
}

/// libbson's writing of a document.
func document(_ json: String) -> [UInt8] {
    var error = bson_error_t()
    guard let document = bson_new_from_json(json, json.utf8.count, &error) else {
        fatalError("\(MongoError(error)): \(json)")
    }
    defer { bson_destroy(document) }
    return Array(UnsafeBufferPointer(start: bson_get_data(document), count: document_length(document)))
}

private func document_length(_ document: OpaquePointer) -> Int {
    Int(UnsafeRawPointer(bson_get_data(document)).loadUnaligned(as: Int32.self))
}
