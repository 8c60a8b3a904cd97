import RFLib

/// Changes of the table that wait to be written, without those that a later one has made needless.
///
/// A switch that comes and goes while the database is slow, or has no majority, is not to be remembered for each time: what waits is
/// bounded by the rows that are there and those that are to be there, unless a VM's row gets other ports again and again.
/// The ports of rows are unique, so the order of what is left stays, except that a row that will be gone goes early: no
/// other row needs it.
struct TableBacklog: Waiting, Sendable {
    private var changes: [UInt64: RFTableChange] = [:]
    /// The changes that make, or change, a row, by its `id`; none from before it was deleted last.
    private var puts: [String: [UInt64]] = [:]
    private var last: UInt64 = 0

    var isEmpty: Bool { changes.isEmpty }

    mutating func add(_ items: [RFTableChange]) {
        for change in items { add(change) }
    }

    private mutating func add(_ change: RFTableChange) {
        guard let entry = change.entry else { return delete(change) }
        if let former = puts[entry.id]?.last, let waiting = changes[former], let old = waiting.entry,
            old.hasPorts(of: entry)
        {
            if case .add = waiting { changes[former] = .add(entry) } else { changes[former] = .put(entry) }
        } else {
            puts[entry.id, default: []].append(append(change))
        }
    }

    private mutating func delete(_ deletion: RFTableChange) {
        guard let puts = puts.removeValue(forKey: deletion.id), let first = puts.first else {
            _ = append(deletion)
            return
        }
        let isNew = if case .add = changes[first] { true } else { false }
        for put in puts { changes[put] = nil }
        if !isNew { changes[first] = deletion }
    }

    private mutating func append(_ change: RFTableChange) -> UInt64 {
        last += 1
        changes[last] = change
        return last
    }

    mutating func takeAll() -> [RFTableChange] {
        defer { (changes, puts) = ([:], [:]) }
        return changes.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension RFEntry {
    /// True if both have the same ports, whoever has the datapath.
    fileprivate func hasPorts(of other: RFEntry) -> Bool {
        vm == other.vm && datapath?.place == other.datapath?.place && virtual == other.virtual
    }
}
