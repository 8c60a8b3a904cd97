import DequeModule

/// The keys whose last word has not been sent, each once, in the order in which they first changed.
struct PendingKeys {
    private var queue: Deque<(key: RFKey, place: UInt64)> = []
    private var places: [RFKey: UInt64] = [:]
    /// The place that the next new key gets.
    private(set) var end: UInt64 = 0

    var isEmpty: Bool { places.isEmpty }

    /// Remembers a change. A key that waits already keeps its place, for its last word is looked up when it is sent;
    /// but one that speaks of all before it goes to the end.
    mutating func insert(_ key: RFKey) {
        if places[key] != nil, !key.closesWhatPrecedes { return }
        places[key] = end
        queue.append((key, end))
        end += 1
    }

    /// The place of the key that has waited longest, or nil if none waits.
    mutating func firstPlace() -> UInt64? {
        while let first = queue.first {
            if places[first.key] == first.place { return first.place }
            queue.removeFirst()  // moved to a later place since
        }
        return nil
    }

    /// Takes the key that has waited longest.
    mutating func popFirst() -> RFKey? {
        guard firstPlace() != nil, let first = queue.popFirst() else { return nil }
        places[first.key] = nil
        return first.key
    }

    /// Puts a key back in front, as it was before it was taken.
    mutating func unpop(_ key: RFKey, place: UInt64) {
        queue.prepend((key, place))
        places[key] = place
    }

    mutating func removeAll() {
        queue.removeAll()
        places.removeAll()
    }
}
