/// Finds what a dump did not name: it no longer exists.
struct Sweep<Key: Hashable & Sendable>: Sendable {
    private var unnamed: Set<Key>?

    /// True while a dump runs: what is named comes from it, since live events are held back until its end.
    var isRunning: Bool { unnamed != nil }

    /// A dump begins, or begins anew.
    mutating func begin(_ known: some Sequence<Key>) {
        unnamed = Set(known)
    }

    /// An entry was named, by the dump or otherwise.
    mutating func named(_ key: Key) {
        unnamed?.remove(key)
    }

    /// The dump has failed: nothing follows from what it did not name.
    mutating func abandon() {
        unnamed = nil
    }

    /// The dump is complete. Returns what was known and has not been named.
    mutating func end() -> Set<Key> {
        defer { unnamed = nil }
        return unnamed ?? []
    }
}
