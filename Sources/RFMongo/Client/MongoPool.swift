import CMongoC

/// The connections of this process to one MongoDB deployment.
///
/// Sendable without the compiler's proof: the pointer never changes, and "mongoc_client_pool_t is thread-safe" (libmongoc's
/// documentation, Connection pooling). Each client out of it has one owner, see `MongoClient`.
final class MongoPool: @unchecked Sendable {
    /// Where it leads to.
    let uri: MongoURI
    private let pointer: OpaquePointer

    /// Prepares connections; the first use makes them.
    init(
        _ uri: MongoURI, appName: String, answersWithin limit: Duration = .seconds(5)
    ) throws(MongoError) {
        let pool = MongoLog.capturing {
            uri.withPointer(appName: appName, answersWithin: limit) { mongoc_client_pool_new($0) }
        }
        guard let pointer = pool.result else {
            let reason = pool.lines.isEmpty ? "libmongoc refuses it" : pool.lines.joined(separator: ": ")
            throw MongoError(.invalidSetting, "the MongoDB URI cannot be used: \(reason)")
        }
        mongoc_client_pool_set_error_api(pointer, MONGOC_ERROR_API_VERSION_2)
        self.uri = uri
        self.pointer = pointer
    }

    deinit {
        mongoc_client_pool_destroy(pointer)
    }

    fileprivate func pop() -> OpaquePointer { mongoc_client_pool_pop(pointer) }

    fileprivate func push(_ client: OpaquePointer) { mongoc_client_pool_push(pointer, client) }
}

/// One connection, used by one thread at a time: "mongoc_client_t is not thread-safe" (libmongoc's documentation).
struct MongoClient: ~Copyable {
    let pointer: OpaquePointer
    private let pool: MongoPool

    /// Takes a client out of the pool; it goes back at the end of this value.
    init(_ pool: MongoPool) {
        self.pool = pool
        self.pointer = pool.pop()
    }

    deinit {
        pool.push(pointer)
    }

    /// Runs a command on the primary, on the URI's database, and waits for the reply.
    /// - Throws: `MongoError`, also if the server's reply is that it failed.
    func run(_ command: [UInt8]) throws(MongoError) -> MongoReply {
        try run(command, session: nil, server: 0)
    }

    /// Runs a command that belongs together with others, on the server that those went to.
    /// - Throws: as `run(_:)`.
    func run(
        _ command: [UInt8], in session: borrowing MongoSession, on server: UInt32
    ) throws(MongoError) -> MongoReply {
        try run(command, session: session.pointer, server: server)
    }

    /// Runs a command whose fields are written by `fields`, the command's name first.
    func run(_ fields: (inout BSONWriter) -> Void) throws(MongoError) -> MongoReply {
        try run(BSONWriter.document(fields))
    }

    private func run(
        _ command: [UInt8], session: OpaquePointer?, server: UInt32
    ) throws(MongoError) -> MongoReply {
        var error = bson_error_t()
        var bytes: UnsafeMutablePointer<UInt8>?
        var count: UInt32 = 0
        let done = rf_mongoc_command(
            pointer, pool.uri.database, command, command.count, session, server, &bytes, &count, &error)
        let reply = MongoReply(bytes, count: Int(count))
        guard done else { throw MongoError(error).explained(for: pool.uri) }
        return reply
    }

    /// The number under which libmongoc knows the present primary.
    func primary() throws(MongoError) -> UInt32 {
        var error = bson_error_t()
        guard let server = mongoc_client_select_server(pointer, true, nil, &error) else {
            throw MongoError(error).explained(for: pool.uri)
        }
        defer { mongoc_server_description_destroy(server) }
        return mongoc_server_description_id(server)
    }

    /// Begins a session on this client. It has to end before the client does.
    func startSession() throws(MongoError) -> MongoSession {
        var error = bson_error_t()
        guard let session = rf_mongoc_start_session(pointer, &error) else {
            throw MongoError(error).explained(for: pool.uri)
        }
        return MongoSession(pointer: session)
    }
}

/// What commands that continue one another belong to.
struct MongoSession: ~Copyable {
    let pointer: OpaquePointer

    fileprivate init(pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        mongoc_client_session_destroy(pointer)
    }
}

extension MongoError {
    /// A refusal, with whom it refuses, and what to do.
    fileprivate func explained(for uri: MongoURI) -> MongoError {
        guard code == .refused, serverCode == nil || serverCode == .unauthorized else { return self }
        let user = uri.user.map { "user \"\($0)\"" } ?? "a client without a user"
        let remedy =
            uri.user == nil
            ? "name a user and a password in the URI"
            : "check the user's password, its authSource, and that it has the role readWrite"
        return MongoError(
            .refused,
            "MongoDB at \(uri.hosts) refuses \(user) on database \"\(uri.database)\": \(description); \(remedy)",
            serverCode: serverCode)
    }
}
