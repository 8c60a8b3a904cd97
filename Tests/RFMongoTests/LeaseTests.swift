import NetTypes
import RFLib
import RFTestKit
import Synchronization
import Testing

@testable import RFMongo

@Suite("The lease of the rfservers, in MongoDB", .timeLimit(.minutes(5)))
struct LeaseTests {
    /// A process of another machine, whose end nobody here can see.
    private static func holder(_ pid: Int32) -> LeaseHolder {
        LeaseHolder(host: "host\(pid)", pid: pid, started: 1, machine: "machine\(pid)")
    }

    /// Writes rows as an rfserver does that does not know yet that its term is over.
    private static func save(
        _ changes: [RFTableChange], asOf term: Int64, _ mongod: Mongod, _ database: String, _ logs: LogLines
    ) async throws {
        let former = TableWriter(
            under: LeaseKeeper(term: term, takenAt: .now, logger: logs.logger) { _ in }, logger: logs.logger)
        former.save(changes)
        former.close(by: .now.advanced(by: .seconds(5)))
        let pool = try MongoPool(
            MongoURI("mongodb://127.0.0.1:\(mongod.port)/\(database)"), appName: "tests")
        await onThread { former.run(pool) }
    }

    /// What a holder was told.
    private final class Told: Sendable {
        let events: AsyncStream<LeaseEvent>
        let continuation: AsyncStream<LeaseEvent>.Continuation

        init() { (events, continuation) = AsyncStream.makeStream() }

        func until(_ isMeant: @Sendable (LeaseEvent) -> Bool) async -> LeaseEvent? {
            await events.first(where: isMeant)
        }
    }

    @Test("A stand-by takes over when the holder gives the lease back, with a higher term")
    func handover() async throws {
        let mongod = try await Mongod.shared()
        let (first, second) = (try mongod.service("leaseHandover"), try mongod.service("leaseHandover"))
        #expect(try await first.presentTerm() == 0)
        let term = try await first.acquireLease(as: Self.holder(1)) { _ in }
        #expect(try await second.presentTerm() == term)
        let waiting = Task { try await second.acquireLease(as: Self.holder(2)) { _ in } }
        await first.close(within: .seconds(5))
        let later = try await waiting.value
        #expect(later > term)
        #expect(try await second.presentTerm() == later)
        await second.close(within: .seconds(5))
    }

    @Test(
        "A stand-by takes over when the lease stands still, and the former holder learns of it and writes no more rows"
    )
    func fencing() async throws {
        let mongod = try await Mongod.replicaSet(of: 1)[0]
        let logs = LogLines()
        let first = try mongod.service("leaseFencing", options: "?replicaSet=r", logs: logs)
        let second = try mongod.service("leaseFencing", options: "?replicaSet=r")
        let told = Told()
        let term = try await first.acquireLease(as: Self.holder(1)) { told.continuation.yield($0) }
        let (mine, others) = (RFEntry(vm: .init(Samples.vmID, 1)), RFEntry(vm: .init(Samples.vmID, 2)))
        _ = try await first.loadTable()
        first.save([.put(mine)])
        let renewal = await told.until { if case .renewed = $0 { true } else { false } }
        #expect(renewal != nil)
        // As if the first stood still: its lease is another's before it knows.
        let later = try await mongod.run("leaseFencing") { (client) throws(MongoError) in
            let term = try client.nextEpoch(for: .rfserver)
            var lease = try client.readLease()
            while try !client.takeLease(lease, as: Self.holder(3), term: term) {
                lease = try client.readLease()
            }
            return term
        }
        #expect(await told.until { $0 == .lost } == .lost)
        // The holder of that term says nothing: after two seconds the next may come.
        let last = try await second.acquireLease(as: Self.holder(2)) { _ in }
        #expect(last > later && later > term)
        #expect(try await second.loadTable() == [mine])
        second.save([.put(others)])
        first.save([.delete(id: mine.id), .put(others)])
        await first.close(within: .seconds(2))
        await second.close(within: .seconds(5))
        let reading = try mongod.service("leaseFencing", options: "?replicaSet=r")
        #expect(Set(try await reading.loadTable()) == [mine, others])
        await reading.close(within: .seconds(2))
    }

    @Test("Rows that a later rfserver has written are neither changed nor deleted, and the log says so")
    func rowsOfALaterTerm() async throws {
        let mongod = try await Mongod.shared()
        let logs = LogLines()
        let ipc = try mongod.service("leaseLaterRows", logs: logs)
        let term = try await ipc.acquireLease(as: Self.holder(1)) { _ in }
        let row = RFEntry(vm: .init(Samples.vmID, 1))
        var changed = row
        changed.datapath = .init(Samples.dpID, 1)
        ipc.save([.put(row)])
        await ipc.close(within: .seconds(5))
        try await mongod.run("leaseLaterRows") { (client) throws(MongoError) in
            _ = try client.run(
                document(
                    #"{"update": "rftable", "updates": [{"q": {}, "u": {"$set": {"term": {"$numberLong": "99"}}}}]}"#
                ))
        }
        try await Self.save([.put(changed)], asOf: term, mongod, "leaseLaterRows", logs)
        try await Self.save([.delete(id: row.id)], asOf: term, mongod, "leaseLaterRows", logs)
        #expect(logs.count(of: "a later rfserver has written it") == 1)
        let reading = try mongod.service("leaseLaterRows")
        #expect(try await reading.loadTable() == [row])
        await reading.close(within: .seconds(2))
    }

    @Test("A row that a former rfserver inserts too late gives way to the row that has its port now")
    func lateRow() async throws {
        let mongod = try await Mongod.shared()
        let logs = LogLines()
        let virtual = RFEntry.VirtualPort(DatapathID(rawValue: 9), 4)
        let late = RFEntry(vm: .init(Samples.vmID, 1), virtual: virtual)
        let row = RFEntry(vm: .init(Samples.vmID, 2), virtual: virtual)
        let first = try mongod.service("leaseLateRow", logs: logs)
        let second = try mongod.service("leaseLateRow", logs: logs)
        let term = try await first.acquireLease(as: Self.holder(1)) { _ in }
        await first.close(within: .seconds(5))
        _ = try await second.acquireLease(as: Self.holder(2)) { _ in }
        #expect(try await second.loadTable() == [])
        try await Self.save([.put(late)], asOf: term, mongod, "leaseLateRow", logs)
        second.save([.put(row)])
        await second.close(within: .seconds(5))
        let reading = try mongod.service("leaseLateRow")
        #expect(try await reading.loadTable() == [row])
        #expect(logs.count(of: "row of the table not saved") == 0)
        await reading.close(within: .seconds(2))
    }

    /// Epochs were counted up to the lease's term one by one, without a word and without an end.
    @Test("An rfserver whose epochs were removed takes a term above the lease's")
    func epochsBehindTheLease() async throws {
        let mongod = try await Mongod.shared()
        let logs = LogLines()
        let (first, second) = (try mongod.service("leaseFar"), try mongod.service("leaseFar", logs: logs))
        let term = Int64(1_000_000_000_000)
        _ = try await first.acquireLease(as: Self.holder(1)) { _ in }
        await first.close(within: .seconds(5))
        try await mongod.run("leaseFar") { (client) throws(MongoError) in
            _ = try client.takeLease(try client.readLease(), as: Self.holder(3), term: term)
        }
        #expect(try await second.acquireLease(as: Self.holder(2)) { _ in } == term + 1)
        #expect(logs.count(of: "the epochs in the database were behind the lease") == 1)
        await second.close(within: .seconds(5))
    }

    @Test("Waiting for the lease can be given up")
    func cancelled() async throws {
        let mongod = try await Mongod.shared()
        let (first, second) = (try mongod.service("leaseGivenUp"), try mongod.service("leaseGivenUp"))
        _ = try await first.acquireLease(as: Self.holder(1)) { _ in }
        let waiting = Task { try await second.acquireLease(as: Self.holder(2)) { _ in } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await second.close(within: .seconds(2))
        await first.close(within: .seconds(2))
    }
}
