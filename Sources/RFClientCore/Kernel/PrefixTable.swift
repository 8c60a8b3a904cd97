/// All prefixes that there are routes for, or that something is said of.
struct PrefixTable: Sendable {
    /// One prefix.
    struct Entry: Sendable {
        /// What was last said of the prefix.
        var winner = Winner.none
        var alternatives = Alternatives.none
        /// The dump that last named a route of the prefix.
        var dump: UInt32 = 0
    }

    private var entries: [PrefixKey: Entry] = [:]
    /// How many prefixes of each length have routes: a longest match looks at these lengths only.
    private var routed = [Int](repeating: 0, count: 33)

    /// How many prefixes something is said of.
    private(set) var winnerCount = 0

    subscript(key: PrefixKey) -> Entry? { entries[key] }

    /// The prefixes that something is said of, in order.
    var winners: [PrefixKey] {
        entries.lazy.filter { $0.value.winner != .none }.map(\.key).sorted()
    }

    /// The prefixes with routes that the dump did not name, in order.
    func prefixes(notIn dump: UInt32) -> [PrefixKey] {
        entries.lazy.filter { $0.value.dump != dump && !$0.value.alternatives.isEmpty }.map(\.key).sorted()
    }

    /// Sets the routes of a prefix.
    mutating func set(_ alternatives: Alternatives, of key: PrefixKey, dump: UInt32) {
        modify(key) { entry in
            entry.alternatives = alternatives
            entry.dump = dump
        }
    }

    /// Sets what is said of a prefix.
    mutating func set(_ winner: Winner, of key: PrefixKey) {
        modify(key) { $0.winner = winner }
    }

    private mutating func modify(_ key: PrefixKey, _ body: (inout Entry) -> Void) {
        func update(_ entry: inout Entry) -> (routed: Int, winners: Int) {
            let old = entry
            body(&entry)
            return (
                (old.alternatives.isEmpty ? 1 : 0) - (entry.alternatives.isEmpty ? 1 : 0),
                (old.winner == .none ? 1 : 0) - (entry.winner == .none ? 1 : 0)
            )
        }
        let change = update(&entries[key, default: Entry()])
        routed[key.length] += change.routed
        winnerCount += change.winners
        if change.routed < 0 || change.winners < 0, let entry = entries[key], entry.alternatives.isEmpty,
            entry.winner == .none
        {
            entries[key] = nil
        }
    }

    /// The longest prefix with routes that holds the address and that the test accepts, with the test's answer.
    func longestMatch<Answer>(
        of key: PrefixKey, _ accept: (Alternatives) -> Answer?
    ) -> Answer? {
        for length in stride(from: key.length, through: 0, by: -1) where routed[length] > 0 {
            let candidate = PrefixKey(holding: key.first, length: length)
            if let entry = entries[candidate], !entry.alternatives.isEmpty,
                let answer = accept(entry.alternatives)
            {
                return answer
            }
        }
        return nil
    }
}
