import CMongoC
import Testing

@testable import RFMongo

@Suite("What libmongoc reports")
struct ErrorTests {
    /// An error as libmongoc leaves it when a user could not log in.
    private func loginError(_ message: String) -> MongoError {
        var error = bson_error_t()
        error.domain = MONGOC_ERROR_CLIENT.rawValue
        error.code = MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue
        withUnsafeMutableBytes(of: &error.message) { $0.copyBytes(from: message.utf8) }
        return MongoError(error)
    }

    @Test(
        "A connection that breaks while a user logs in is no wrong password",
        arguments: [
            ("Authentication failed.", MongoError.Code.refused), ("SCRAM: authentication failed", .refused),
            (
                "Failed to send \"saslContinue\" command with database \"admin\": socket error or timeout",
                .unreachable
            ),
            ("Failed to read 4 bytes: socket error or timeout", .unreachable),
            ("socket error or timeout", .unreachable),
        ])
    func login(_ message: String, _ code: MongoError.Code) {
        #expect(loginError(message).code == code)
    }
}
