import CMongoC

/// A MongoDB connection string that has been found valid.
public struct MongoURI: Sendable, CustomStringConvertible {
    /// The servers, as `host:port`, with commas between them.
    public let hosts: String
    /// The user to log in as, if any.
    public let user: String?
    /// The database that it names, or the default.
    public let database: String
    private let text: String

    /// Validates a connection string.
    /// - Throws: `MongoError` with the code `invalidSetting` and one line that says what is wrong.
    public init(_ text: String, databaseDefault: String = "db") throws(MongoError) {
        MongoLog.start
        let (parsed, complaints) = MongoLog.capturing { Parsed(text) }
        guard parsed.pointer != nil, complaints.isEmpty else {
            let reason = ([parsed.error].compactMap { $0 } + complaints).joined(separator: ": ")
            throw MongoError(
                .invalidSetting, "the MongoDB URI is not valid: \(Self.hidingSecrets(of: text, in: reason))")
        }
        if let host = parsed.hosts.first(where: { $0.contains("[") != $0.contains("]") }) {
            throw MongoError(
                .invalidSetting, "the MongoDB URI is not valid: the brackets of \"\(host)\" do not match")
        }
        let database = parsed.text(mongoc_uri_get_database) ?? databaseDefault
        guard Self.isDatabaseName(database) else {
            throw MongoError(.invalidSetting, "\"\(database)\" cannot be the name of a MongoDB database")
        }
        self.database = database
        self.hosts = parsed.hosts.joined(separator: ",")
        self.user = parsed.text(mongoc_uri_get_username)
        self.text = text
    }

    /// The servers and the database; no password.
    public var description: String { "mongodb://\(hosts)/\(database)" }

    /// Lends libmongoc's form of the string, with RouteFlow's own timeouts in it: a daemon has to notice within seconds that
    /// its database is gone, whatever the defaults are.
    /// - Parameter limit: how long a server may take to answer.
    func withPointer<Result>(
        appName: String, answersWithin limit: Duration, _ body: (OpaquePointer) -> Result?
    ) -> Result? {
        let parsed = Parsed(text)
        guard let pointer = parsed.pointer else { return nil }
        mongoc_uri_set_option_as_int32(pointer, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 1000)
        mongoc_uri_set_option_as_int32(pointer, MONGOC_URI_CONNECTTIMEOUTMS, 2000)
        mongoc_uri_set_option_as_int32(pointer, MONGOC_URI_SOCKETTIMEOUTMS, Int32(limit / .milliseconds(1)))
        mongoc_uri_set_appname(pointer, appName)
        return body(pointer)
    }

    /// MongoDB manual, "MongoDB Limits and Thresholds", "Naming restrictions".
    private static func isDatabaseName(_ name: String) -> Bool {
        (1..<64).contains(name.utf8.count) && !name.contains { "/\\. \"$\0".contains($0) }
    }

    /// libmongoc quotes a password that it cannot parse.
    private static func hidingSecrets(of uri: String, in reason: String) -> String {
        var reason = reason
        let credentials = uri.drop { $0 != "/" }.drop { $0 == "/" }
        if let at = credentials.lastIndex(of: "@"), let colon = credentials[..<at].firstIndex(of: ":") {
            let password = credentials[credentials.index(after: colon)..<at]
            if !password.isEmpty { reason = reason.replacing(password, with: "...") }
        }
        return reason
    }
}

/// One owner of a `mongoc_uri_t`.
private final class Parsed {
    let pointer: OpaquePointer?
    let error: String?

    init(_ text: String) {
        var error = bson_error_t()
        pointer = mongoc_uri_new_with_error(text, &error)
        self.error = pointer == nil ? MongoError(error).description : nil
    }

    deinit {
        if let pointer { mongoc_uri_destroy(pointer) }
    }

    func text(_ get: (OpaquePointer?) -> UnsafePointer<CChar>?) -> String? {
        get(pointer).map { String(cString: $0) }
    }

    /// Each server as `host:port`. libmongoc takes an address in brackets of which one is missing for a name.
    var hosts: [String] {
        var names: [String] = []
        var host = mongoc_uri_get_hosts(pointer)
        while let entry = host {
            names.append(
                withUnsafeBytes(of: entry.pointee.host_and_port) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
            host = UnsafePointer(entry.pointee.next)
        }
        return names
    }
}
