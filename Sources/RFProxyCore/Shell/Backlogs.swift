/// What waits for switches that do not take what they are sent, in bytes, as it was when each was last written to.
struct Backlogs {
    private var sizes: [SessionID: Int] = [:]
    private(set) var total = 0

    /// Something was written to a switch that takes nothing at present.
    mutating func note(_ bytes: Int, for id: SessionID) {
        total += bytes - (sizes.updateValue(bytes, forKey: id) ?? 0)
    }

    /// The switch takes data again, or is gone.
    mutating func forget(_ id: SessionID) {
        total -= sizes.removeValue(forKey: id) ?? 0
    }

    /// For which of these most is waiting.
    func largest(where isMeant: (SessionID) -> Bool) -> SessionID? {
        sizes.filter { isMeant($0.key) }.max { $0.value < $1.value }?.key
    }
}
