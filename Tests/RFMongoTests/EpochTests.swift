import RFLib
import RFTestKit
import Testing

@testable import RFMongo

@Suite("Epochs", .serialized, .timeLimit(.minutes(5)))
struct EpochTests {
    @Test("Epochs count up for each name, across services")
    func counting() async throws {
        let mongod = try await Mongod.shared()
        for expected in 1...3 as ClosedRange<Int64> {
            let ipc = try mongod.service("counting")
            #expect(try await ipc.nextEpoch(for: .rfserver) == expected)
            await ipc.close(within: .seconds(2))
        }
        let ipc = try mongod.service("counting")
        #expect(try await ipc.nextEpoch(for: .rfproxy(0)) == 1)
        await ipc.close(within: .seconds(2))
    }

    @Test("Callers at the same time get different epochs")
    func concurrency() async throws {
        let ipc = try await Mongod.shared().service("concurrency")
        let epochs = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 1...20 { group.addTask { try await ipc.nextEpoch(for: .rfserver) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(epochs == Set(1...20))
        await ipc.close(within: .seconds(2))
    }

    @Test("Epochs go on after the server was killed, and a caller waits for its return")
    func waiting() async throws {
        let mongod = try await Mongod.started()
        let logs = LogLines()
        let ipc = try mongod.service("waiting", logs: logs)
        #expect(try await ipc.nextEpoch(for: .rfserver) == 1)
        await mongod.kill()
        let next = Task { try await ipc.nextEpoch(for: .rfserver) }
        try await logs.line(containing: "taking an epoch for rfserver: trying again")
        try await mongod.start()
        #expect(try await next.value == 2)
        #expect(logs.count(of: "taking an epoch for rfserver: done") == 1)
        await ipc.close(within: .seconds(2))
    }

    @Test("A cancelled caller goes on at once")
    func cancellation() async throws {
        let logs = LogLines()
        let ipc = try Mongod().service("cancellation", logs: logs)
        let epoch = Task { try await ipc.nextEpoch(for: .rfserver) }
        try await logs.line(containing: "taking an epoch")
        let time = await ContinuousClock().measure {
            epoch.cancel()
            await #expect(throws: CancellationError.self) { try await epoch.value }
        }
        #expect(time < .milliseconds(900))
        await ipc.close(within: .seconds(2))
    }

    @Test("A wrong password, and no password, are refused at once with one clear line")
    func refusal() async throws {
        let mongod = try await Mongod.started(options: ["--auth"])
        let wrong = try MongoIPC(uri: "mongodb://ada:lovelace1@127.0.0.1:\(mongod.port)/net?authSource=admin")
        let refused = try await #require(throws: MongoError.self) {
            try await wrong.nextEpoch(for: .rfserver)
        }
        #expect(refused.code == .refused)
        for part in ["127.0.0.1:\(mongod.port)", "\"ada\"", "\"net\"", "authSource"] {
            #expect(refused.description.contains(part), "\(refused)")
        }
        #expect(!refused.description.contains("lovelace1"))
        await wrong.close(within: .seconds(2))
        let nobody = try mongod.service("net")
        let needed = try await #require(throws: MongoError.self) {
            try await nobody.nextEpoch(for: .rfserver)
        }
        #expect(needed.code == .refused)
        #expect(needed.description.contains("name a user and a password in the URI"), "\(needed)")
        await nobody.close(within: .seconds(2))
    }
}
