import Foundation
import Testing

@testable import RFMongo

@Suite("MongoDB URIs")
struct URITests {
    @Test("A URI names hosts, a user and a database")
    func parts() throws {
        let uri = try MongoURI("mongodb://ada:secret@a:1,b:2/net?replicaSet=r")
        #expect(uri.hosts == "a:1,b:2")
        #expect(uri.user == "ada")
        #expect(uri.database == "net")
        #expect("\(uri)" == "mongodb://a:1,b:2/net")
    }

    @Test("The database is db unless the URI or the caller says otherwise")
    func databases() throws {
        #expect(try MongoURI("mongodb://h").database == "db")
        #expect(try MongoURI("mongodb://h", databaseDefault: "lab").database == "lab")
        #expect(throws: MongoError.self) { try MongoURI("mongodb://h", databaseDefault: "a b") }
    }

    @Test(
        "A URI that is not valid gives one line that says what is wrong",
        arguments: [
            ("", "Schema"), ("http://h", "Schema"), ("mongodb://", "Empty hostname"),
            ("mongodb://h:99999", "Port"), ("mongodb://[nowhere", "brackets"), ("mongodb://::1]", "bracket"),
            ("mongodb://h/a b", "database name"), ("mongodb://h/?conectTimeoutMS=1", "conecttimeoutms"),
            ("mongodb://h/?connectTimeoutMS=soon", "connecttimeoutms"),
            ("mongodb://h/?replicaSet", "replicaSet"),
        ])
    func invalid(_ text: String, _ named: String) throws {
        let error = #expect(throws: MongoError.self) { try MongoIPC(uri: text) }
        #expect(error?.code == .invalidSetting)
        let line = try #require(error?.description)
        #expect(line.hasPrefix("the MongoDB URI is not valid: "))
        #expect(line.contains(named), "\(line)")
        #expect(!line.contains("\n"))
    }

    @Test(
        "An error never shows the password",
        arguments: [
            "mongodb://ada:sec:ret9@h", "mongodb://ada:secret9%zz@h", "mongodb://ada:secret9@h/?x=y",
            "mongodb://ada:secret9/@h", "mongodb://ada:secret9@h:99999",
        ])
    func passwords(_ text: String) throws {
        let error = try #require(#expect(throws: MongoError.self) { try MongoURI(text) })
        #expect(!error.description.contains("ret9"), "\(error)")
    }

    @Test("libmongoc keeps no file of this process, which would stay behind if it were killed")
    func countersFile() throws {
        _ = try MongoURI("mongodb://h")
        #expect(!FileManager.default.fileExists(atPath: "/dev/shm/mongoc-\(getpid())"))
    }
}
