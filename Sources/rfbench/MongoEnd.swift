import CMongoC

/// One end of the floor: what it writes to one collection after it has read from another.
///
/// On libmongoc alone and as simple as can be: a floor that shared its code with the daemons would share its faults too.
final class MongoEnd {
    private let client: OpaquePointer
    private let writes: OpaquePointer
    private let cursor: OpaquePointer

    private static let size = 16 << 20
    /// As the daemons', so that waiting costs the same.
    private static let wait: UInt32 = 500
    /// A document of the size and shape of a route's.
    private static let route = """
        {"from": "0200000000a1", "to": "rfserver", "type": 4, "read": false, "epoch": 1, "to_epoch": 1, "stream": 1,
         "seq": 1, "content": {"vm_id": "0200000000a1", "address": "10.0.0.1", "netmask": "255.255.255.255",
         "dst_port": 2, "src_hwaddress": "02:00:00:00:00:a1", "dst_hwaddress": "02:00:00:00:00:b2",
         "is_removal": false, "kind": "route"}}
        """

    /// Opens the collections, after making some of them anew.
    /// - Throws: `BenchError`.
    init(_ uri: String, reads: String, writes: String, creates: [String] = []) throws {
        mongoc_init()
        guard let parsed = mongoc_uri_new(uri), let client = mongoc_client_new_from_uri(parsed) else {
            throw BenchError(description: "the MongoDB URI cannot be used")
        }
        defer { mongoc_uri_destroy(parsed) }
        let database = mongoc_uri_get_database(parsed).map { String(cString: $0) } ?? "db"
        self.client = client
        for name in creates { try Self.create(name, in: database, client) }
        guard let read = mongoc_client_get_collection(client, database, reads),
            let written = mongoc_client_get_collection(client, database, writes)
        else { throw BenchError(description: "no collections") }
        self.writes = written
        defer { mongoc_collection_destroy(read) }
        let everything = try Self.document("{}")
        let options = try Self.document(#"{"tailable": true, "awaitData": true}"#)
        defer {
            bson_destroy(everything)
            bson_destroy(options)
        }
        cursor = mongoc_collection_find_with_opts(read, everything, options, nil)
        mongoc_cursor_set_max_await_time_ms(cursor, Self.wait)
        try receive()  // the document without which the cursor would be dead
    }

    deinit {
        mongoc_cursor_destroy(cursor)
        mongoc_collection_destroy(writes)
        mongoc_client_destroy(client)
    }

    /// Writes a document.
    func send() throws {
        try Self.insert(into: writes)
    }

    /// Waits for a document.
    func receive() throws {
        var document: OpaquePointer?
        var error = bson_error_t()
        while !mongoc_cursor_next(cursor, &document) {
            if mongoc_cursor_error(cursor, &error) { throw BenchError(error) }
        }
    }

    /// Removes collections of the database.
    func drop(_ names: [String]) {
        guard let database = mongoc_client_get_default_database(client) else { return }
        defer { mongoc_database_destroy(database) }
        for name in names {
            guard let collection = mongoc_database_get_collection(database, name) else { continue }
            mongoc_collection_drop(collection, nil)
            mongoc_collection_destroy(collection)
        }
    }

    private static func create(_ name: String, in database: String, _ client: OpaquePointer) throws {
        guard let database = mongoc_client_get_database(client, database) else { return }
        defer { mongoc_database_destroy(database) }
        if let old = mongoc_database_get_collection(database, name) {
            mongoc_collection_drop(old, nil)
            mongoc_collection_destroy(old)
        }
        let options = try document("{\"capped\": true, \"size\": \(size)}")
        defer { bson_destroy(options) }
        var error = bson_error_t()
        guard let collection = mongoc_database_create_collection(database, name, options, &error) else {
            throw BenchError(error)
        }
        defer { mongoc_collection_destroy(collection) }
        try insert(into: collection)
    }

    private static func insert(into collection: OpaquePointer) throws {
        let document = try document(route)
        defer { bson_destroy(document) }
        var error = bson_error_t()
        guard mongoc_collection_insert_one(collection, document, nil, nil, &error) else {
            throw BenchError(error)
        }
    }

    private static func document(_ json: String) throws -> OpaquePointer {
        var error = bson_error_t()
        guard let document = bson_new_from_json(json, json.utf8.count, &error) else {
            throw BenchError(error)
        }
        return document
    }
}

extension BenchError {
    fileprivate init(_ error: bson_error_t) {
        description = withUnsafeBytes(of: error.message) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
