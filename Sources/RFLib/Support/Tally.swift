/// Counts what is dropped, refused or healed, by reason.
///
/// Whoever sends hostile packets must not be able to fill the log as well: a reason is worth a line when its count
/// reaches a power of two.
public struct Tally: Hashable, Sendable {
    /// How often each reason has come up.
    public private(set) var counts: [String: Int] = [:]

    /// Nothing counted yet.
    public init() {}

    /// Counts a reason once more. Returns the count if it is worth a line in the log.
    public mutating func count(_ reason: String) -> Int? {
        let count = counts[reason, default: 0] + 1
        counts[reason] = count
        return count.nonzeroBitCount == 1 ? count : nil
    }
}
