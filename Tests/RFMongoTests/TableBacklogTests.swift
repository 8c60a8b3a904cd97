import NetTypes
import RFLib
import RFTestKit
import Testing

@testable import RFMongo

@Suite("Changes of the RFTable that wait")
struct TableBacklogTests {
    private let row = RFEntry(datapath: .init(Samples.dpID, 4))
    private let other = RFEntry(vm: .init(Samples.vmID, 4))

    /// What is left to do.
    private func left(of changes: [RFTableChange]) -> [RFTableChange] {
        var backlog = TableBacklog()
        backlog.add(changes)
        let left = backlog.takeAll()
        #expect(backlog.isEmpty)
        return left
    }

    @Test("A row that came and went is not written at all")
    func cameAndWent() {
        #expect(left(of: [.add(row), .put(other), .delete(id: row.id)]) == [.put(other)])
    }

    @Test("A row that was there and is gone goes at once, so that its ports are free for whoever gets them")
    func changedAndGone() {
        var moved = other
        moved.datapath = row.datapath
        let taker = RFEntry(vm: .init(Samples.vmID, 5), virtual: other.virtual)
        #expect(
            left(of: [.put(moved), .put(taker), .put(other), .delete(id: other.id)])
                == [.delete(id: other.id), .put(taker)])
    }

    @Test("Of what is said of the same ports again and again the last is written")
    func saidAgain() {
        var moved = row
        moved.datapath?.ctID = 1
        #expect(left(of: [.add(row), .put(other), .put(moved)]) == [.add(moved), .put(other)])
        #expect(left(of: [.put(row), .put(other), .put(moved)]) == [.put(moved), .put(other)])
    }

    @Test("A row that is gone and comes back is deleted and written")
    func cameBack() {
        let changes: [RFTableChange] = [.delete(id: row.id), .add(row)]
        #expect(left(of: changes) == changes)
        #expect(left(of: changes + [.delete(id: row.id)]) == [.delete(id: row.id)])
    }

    @Test(
        "Whatever happens to a table: what is left leads to it, never has a port twice, and is bounded",
        arguments: 0..<50)
    func anything(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = RFTable()
        var backlog = TableBacklog()
        var stored: [String: RFEntry] = [:]
        for _ in 0..<400 {
            let vm = VMID(rawValue: .random(in: 1...3, using: &random))
            let dpID = DatapathID(rawValue: .random(in: 1...6, using: &random))
            let virtual = RFEntry.VirtualPort(.defaultVirtualSwitch, .random(in: 1...3, using: &random))
            switch Int.random(in: 0..<9, using: &random) {
            case 0: table.remove(vm)
            case 1, 2: table.register(vm, ports: [1, 2])
            case 3, 4: table.join(dpID, ctID: .random(in: 0...1, using: &random), ports: [1, 2, 3])
            case 5, 6: table.forget(dpID)
            case 7: _ = table.map(RFEntry.VMPort(vm, .random(in: 1...2, using: &random)), to: virtual)
            default: table.unmap(virtual)
            }
            backlog.add(table.takeChanges())
            guard Int.random(in: 0..<20, using: &random) == 0 else { continue }
            for change in backlog.takeAll() {
                stored[change.id] = change.entry
                let places = stored.values.compactMap(\.datapath?.place)
                let virtuals = stored.values.compactMap(\.virtual)
                #expect(Set(places).count == places.count && Set(virtuals).count == virtuals.count)
            }
            #expect(Set(stored.values) == Set(table.entries))
        }
        for dpID in (1...6).map({ DatapathID(rawValue: $0) }) { table.forget(dpID) }
        backlog.add(table.takeChanges())
        _ = backlog.takeAll()
        let stranger = DatapathID(rawValue: 99)
        for _ in 0..<100 {
            table.join(stranger, ctID: 0, ports: [7, 8, 9])
            table.forget(stranger)
            backlog.add(table.takeChanges())
        }
        #expect(backlog.isEmpty)
    }
}
