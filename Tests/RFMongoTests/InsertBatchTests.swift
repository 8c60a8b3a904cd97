import RFLib
import Testing

@testable import RFMongo

@Suite("Inserting again what may be there", .timeLimit(.minutes(5)))
struct InsertBatchTests {
    /// Inserts a batch of ten, deletes all but the first `kept`, inserts it again, and says what is there.
    private func insertTwice(_ database: String, keeping kept: Int64) async throws -> [Int64] {
        try await Mongod.shared().run(database) { (client) throws(MongoError) in
            let ring = Ring(name: "ring", size: 1 << 20)
            try ring.prepare(client, healing: false)
            var envelopes = Samples.envelopes(1...10)[...]
            var batch = InsertBatch(taking: &envelopes) { _ in }
            var again = batch
            try batch.insert(into: ring, client)
            _ = try client.run {
                $0.append("delete", ring.name)
                $0.append("deletes", documents: CollectionOfOne(kept)) { delete, kept in
                    delete.append("q", document: { $0.append("seq", document: { $0.append("$gt", kept) }) })
                    delete.append("limit", Int32(0))
                }
            }
            while !again.isDone { try again.insert(into: ring, client) }
            var numbers: [Int64] = []
            var cursor = try MongoCursor(client, on: ring.name)
            try cursor.find(client, { _ in }) { (element) throws(BSONError) in
                var document = try BSONReader(element)
                numbers.append(try document.read("seq"))
            }
            return numbers
        }
    }

    @Test("A batch that is there already is a success, and is not there twice")
    func allThere() async throws {
        #expect(try await insertTwice("allThere", keeping: 10) == Array(1...10))
    }

    @Test("A batch of which a part is there is completed in order", arguments: [0, 1, 4, 9] as [Int64])
    func partThere(kept: Int64) async throws {
        #expect(try await insertTwice("partThere\(kept)", keeping: kept) == Array(1...10))
    }

    @Test("A batch ends at 1000 envelopes or 8 MiB, and what is left stays")
    func limits() {
        var many = Samples.envelopes(1...1500)[...]
        _ = InsertBatch(taking: &many) { _ in }
        #expect(many.count == 500)
        let response = RFMessage.vmRegisterResponse(
            VMRegisterResponse(
                vmID: Samples.vmID, accept: false, reason: String(repeating: "x", count: 5 << 20)))
        var large = [Envelope](repeating: Samples.envelope([response]), count: 3)[...]
        _ = InsertBatch(taking: &large) { _ in }
        #expect(large.count == 1)
    }

    @Test("An envelope that no document can hold is refused, and the others are taken")
    func oversize() {
        let response = RFMessage.vmRegisterResponse(
            VMRegisterResponse(
                vmID: Samples.vmID, accept: false, reason: String(repeating: "x", count: 16 << 20)))
        var envelopes = [
            Samples.envelope(seq: 1), Samples.envelope([response], seq: 2), Samples.envelope(seq: 3),
        ][...]
        var refused: [Int64] = []
        let batch = InsertBatch(taking: &envelopes) { refused.append($0.seq) }
        #expect(refused == [2])
        #expect(envelopes.isEmpty)
        #expect(!batch.isDone)
    }
}
