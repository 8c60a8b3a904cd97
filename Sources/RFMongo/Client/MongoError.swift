import CMongoC

/// What went wrong between a daemon and MongoDB, in one line. Passwords are never in it.
public struct MongoError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What can be done about it.
    public enum Code: Hashable, Sendable {
        /// The URI, or another setting, is not valid: somebody has to correct it.
        case invalidSetting
        /// The database does not answer for now: waiting mends it.
        case unreachable
        /// The database refuses: a password, a right, or the state of a collection has to be mended by somebody.
        case refused
    }

    /// What can be done about it.
    public let code: Code
    /// What happened, for people.
    public let description: String
    /// The server's own error code (mongo/base/error_codes.yml), if the server answered.
    let serverCode: ServerCode?

    init(_ code: Code, _ description: String, serverCode: ServerCode? = nil) {
        self.code = code
        self.description = description.split(whereSeparator: \.isNewline).joined(separator: " ")
        self.serverCode = serverCode
    }

    /// Takes over what libmongoc reported, under version 2 of its error API, where a server's code has its own domain.
    init(_ error: bson_error_t) {
        let message = withUnsafeBytes(of: error.message) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let code = error.code
        switch error.domain {
        case MONGOC_ERROR_SERVER.rawValue:
            self.init(server: ServerCode(rawValue: Int32(bitPattern: code)), message)
        case MONGOC_ERROR_CLIENT.rawValue where code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue:
            self.init(Self.isOfTheNetwork(message) ? .unreachable : .refused, message)
        default:
            self.init(.unreachable, message)
        }
    }

    /// libmongoc gives a connection that breaks while a user logs in the code of a wrong password (mongoc-cluster.c); only its
    /// words differ.
    private static func isOfTheNetwork(_ message: String) -> Bool {
        message.hasPrefix("Failed to ") || message.contains("socket error or timeout")
    }

    /// Takes over what the server reported.
    init(server serverCode: ServerCode, _ message: String) {
        self.init(
            serverCode.passes ? .unreachable : .refused, "\(message) (code \(serverCode.rawValue))",
            serverCode: serverCode)
    }

    /// What the server sent is not what was asked for.
    static func unexpectedReply(_ error: BSONError) -> MongoError {
        MongoError(.unreachable, "the reply of the database is not understood: \(error.reason)")
    }
}

/// A code of MongoDB's server (mongo/base/error_codes.yml).
struct ServerCode: RawRepresentable, Hashable, Sendable {
    let rawValue: Int32

    static let unauthorized = ServerCode(rawValue: 13)
    static let namespaceNotFound = ServerCode(rawValue: 26)
    static let indexNotFound = ServerCode(rawValue: 27)
    static let cursorNotFound = ServerCode(rawValue: 43)
    static let namespaceExists = ServerCode(rawValue: 48)
    static let cappedPositionLost = ServerCode(rawValue: 136)
    static let queryPlanKilled = ServerCode(rawValue: 175)
    static let cursorKilled = ServerCode(rawValue: 237)
    static let duplicateKey = ServerCode(rawValue: 11000)

    /// The cursor is gone, but the database is well: a new one will do.
    var meansLostCursor: Bool {
        [.cursorNotFound, .cappedPositionLost, .queryPlanKilled, .cursorKilled].contains(self)
    }

    /// True for the states that a server comes out of by itself: elections, shutdown, overload, lack of space.
    var passes: Bool {
        Self.passing.contains(rawValue) || meansLostCursor
    }

    /// In the order of their numbers: HostUnreachable, HostNotFound, LockTimeout, Interrupted before 4.0, MaxTimeMSExpired,
    /// WriteConcernFailed, NetworkTimeout, ShutdownInProgress, UnsatisfiableWriteConcern, WriteConflict,
    /// ConflictingOperationInProgress, ReadConcernMajorityNotAvailableYet, PrimarySteppedDown, ExceededTimeLimit,
    /// SocketException, LegacyNotPrimary, NotWritablePrimary, DuplicateKey (of two upserts at once), InterruptedAtShutdown,
    /// Interrupted, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary, OutOfDiskSpace.
    private static let passing: Set<Int32> = [
        6, 7, 24, 46, 50, 64, 89, 91, 100, 112, 117, 134, 189, 262, 9001, 10058, 10107, 11000, 11600, 11601,
        11602, 13435, 13436, 14031,
    ]
}
