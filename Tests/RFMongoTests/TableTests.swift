import NetTypes
import RFLib
import RFTestKit
import Testing

@testable import RFMongo

@Suite("The RFTable", .timeLimit(.minutes(5)))
struct TableTests {
    private static let rows = [
        RFEntry(vm: .init(Samples.vmID, 1)),
        RFEntry(vm: .init(Samples.vmID, 2), datapath: .init(ctID: 1, Samples.dpID, 2)),
        RFEntry(
            vm: .init(Samples.vmID, 3), datapath: .init(Samples.dpID, 3),
            virtual: .init(.defaultVirtualSwitch, 65279)),
        RFEntry(datapath: .init(DatapathID(rawValue: .max), 0xFF00)),
        RFEntry(datapath: .init(Samples.dpID, 4)),
    ]

    private func saved(_ database: String, _ changes: [RFTableChange], _ logs: LogLines = LogLines())
        async throws -> [RFEntry]
    {
        let mongod = try await Mongod.shared()
        let writing = try mongod.service(database, logs: logs)
        _ = try await writing.loadTable()
        writing.save(changes)
        await writing.close(within: .seconds(60))
        let reading = try mongod.service(database, logs: logs)
        let rows = try await reading.loadTable()
        await reading.close(within: .seconds(2))
        return rows
    }

    @Test("A table that was never saved is empty")
    func empty() async throws {
        #expect(try await saved("emptyTable", []) == [])
    }

    @Test("Rows with and without each side come back")
    func roundTrip() async throws {
        let rows = try await saved("tableRoundTrip", Self.rows.map { .put($0) })
        #expect(Set(rows) == Set(Self.rows))
    }

    @Test("Changes apply in the order in which they were given")
    func order() async throws {
        let (first, second) = (Self.rows[0], Self.rows[1])
        var changed = first
        changed.datapath = second.datapath
        let rows = try await saved(
            "tableOrder",
            [
                .put(first), .delete(id: first.id), .put(first), .put(second), .delete(id: second.id),
                .put(changed),
                .delete(id: "nothing"),
            ])
        #expect(rows == [changed])
    }

    @Test("A port passes from one row to another when it is freed first")
    func handOver() async throws {
        var (one, two) = (Self.rows[2], RFEntry(vm: .init(Samples.vmID, 9)))
        let virtual = one.virtual
        var changes = [RFTableChange.put(one), .put(two)]
        for _ in 0..<50 {
            (one.virtual, two.virtual) = (nil, virtual)
            changes += [.put(one), .put(two)]
            (one.virtual, two.virtual) = (virtual, nil)
            changes += [.put(two), .put(one)]
        }
        #expect(try await Set(saved("handOver", changes)) == [one, two])
    }

    @Test("A row whose port another row has is reported and left out, and the others are saved")
    func violation() async throws {
        let logs = LogLines()
        let thief = RFEntry(vm: .init(VMID(rawValue: 1), 1), virtual: Self.rows[2].virtual)
        let rows = try await saved(
            "tableViolation", [.put(Self.rows[2]), .put(thief), .put(Self.rows[0]), .put(Self.rows[4])], logs)
        #expect(Set(rows) == [Self.rows[0], Self.rows[2], Self.rows[4]])
        #expect(
            logs.count(of: "error row of the table not saved: another row has its port, or") == 1
                && logs.count(of: "_id=vm/000000000001/1") == 1)
    }

    @Test("A document that is no row is logged and left out, and one with nulls is a row")
    func foreignDocuments() async throws {
        let logs = LogLines()
        try await Mongod.shared().run("tableForeign") { (client) throws(MongoError) in
            let documents = [
                #"{"_id": 5}"#, #"{"_id": "x", "vm_id": "02163e000a01", "vm_port": 7}"#,
                #"{"_id": "vm/02163e000a01/2", "vm_id": "02163e000a01", "vm_port": 300}"#,
                #"{"_id": "vm/02163e000a01/1", "vm_id": "02163e000a01", "vm_port": 1.0, "dp_id": null, "vs_id": null}"#,
            ].map(document)
            _ = try client.run {
                $0.append("insert", "rftable")
                $0.append("documents", array: documents, of: .document) { $0.append(raw: $1) }
            }
        }
        #expect(try await saved("tableForeign", [], logs) == [Self.rows[0]])
        #expect(
            logs.count(
                of: "row of the table ignored _id=vm/02163e000a01/2 reason=vm_port: 300 is out of range") == 2
        )
    }

    @Test("A table of the time when a datapath's port was another one for each rfproxy is taken over")
    func formerLayout() async throws {
        try await Mongod.shared().run("tableFormer") { (client) throws(MongoError) in
            _ = try client.run {
                $0.append("createIndexes", "rftable")
                $0.append("indexes", documents: ["datapath"]) { index, name in
                    index.append("name", name)
                    index.append(
                        "key",
                        document: { key in
                            for field in ["ct_id", "dp_id", "dp_port"] as [StaticString] {
                                key.append(field, Int32(1))
                            }
                        })
                    index.append("unique", true)
                }
            }
            let documents = [
                #"{"_id": "dp/0/0000000000000099/4", "ct_id": 0, "dp_id": "0000000000000099", "dp_port": 4}"#,
                #"{"_id": "dp/1/0000000000000099/4", "ct_id": 1, "dp_id": "0000000000000099", "dp_port": 4}"#,
                #"{"_id": "dp/0000000000000099/5", "ct_id": 1, "dp_id": "0000000000000099", "dp_port": 5}"#,
            ].map(document)
            _ = try client.run {
                $0.append("insert", "rftable")
                $0.append("documents", array: documents, of: .document) { $0.append(raw: $1) }
            }
        }
        let logs = LogLines()
        let moved = RFEntry(datapath: .init(ctID: 2, Samples.dpID, 4))
        let rows = try await saved("tableFormer", [.put(moved)], logs)
        #expect(Set(rows) == [moved, RFEntry(datapath: .init(ctID: 1, Samples.dpID, 5))])
    }

    @Test("A stored table in which two rows have one port is refused with a clear line")
    func duplicateRows() async throws {
        let mongod = try await Mongod.shared()
        try await mongod.run("tableDuplicates") { (client) throws(MongoError) in
            _ = try client.run {
                $0.append("insert", "rftable")
                $0.append("documents", documents: ["a", "b"]) { row, id in
                    row.append("_id", id)
                    row.append("vm_id", Samples.vmID)
                    row.append("vm_port", UInt8(1))
                }
            }
        }
        let ipc = try mongod.service("tableDuplicates")
        let error = try await #require(throws: MongoError.self) { try await ipc.loadTable() }
        #expect(error.code == .refused)
        #expect(error.description.hasPrefix("two rows of \"rftable\" claim one port"))
        await ipc.close(within: .seconds(2))
    }
}
