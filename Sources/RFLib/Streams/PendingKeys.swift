import DequeModule

/// The keys whose last word has not been sent, each once, in the order in which they first changed.
struct PendingKeys {
    private var queue: Deque<(key: RFKey, place: UInt64)> = []
    private var places: [RFKey: UInt64] = [:]
    /// The place that the next new key gets.
    private(set) var end: UInt64 = 0

    /// How many keys wait.
    var count: Int { places.count }

    /// Remembers a change. A key that waits already keeps its place, for its last word is looked up when it is sent;
    /// but one that speaks of all before it goes to the end.
    mutating func insert(_ key: RFKey) {
        if places[key] != nil, !key.closesWhatPrecedes { return }
        places[key] = end
        queue.append((key, end))
        end += 1
    }

    /// The key that has waited longest, and its place; nil if none waits.
    mutating func first() -> (key: RFKey, place: UInt64)? {
        while let first = queue.first {
            if places[first.key] == first.place { return first }
            queue.removeFirst()  // moved to a later place since
        }
        return nil
    }

    /// Takes what `first` has just returned.
    mutating func removeFirst() {
        places[queue.removeFirst().key] = nil
    }

    mutating func removeAll() {
        queue.removeAll()
        places.removeAll()
    }
}
