/// So many in a second, for any length of time, and a burst after a pause (the generic cell rate algorithm, ITU-T I.371).
public struct RateLimit: Hashable, Sendable {
    private let interval: Duration
    private let tolerance: Duration
    /// When all that was admitted would have been due, one after the other.
    private var due: Instant?

    /// A limit that nothing has been counted against yet.
    public init(perSecond: Int, burst: Int) {
        interval = .seconds(1) / perSecond
        tolerance = interval * (burst - 1)
    }

    /// Counts more, and decides whether it is within the limit.
    /// - Parameter count: how many come at once. They are within the limit if the first is, and the next waits for all of them.
    public mutating func admits(_ count: Int = 1, at now: Instant) -> Bool {
        let due = max(self.due ?? now, now)
        guard now.duration(to: due) <= tolerance else { return false }
        self.due = due.advanced(by: interval * count)
        return true
    }

    /// When the next one will be within the limit: now, or later.
    public func next(at now: Instant) -> Instant {
        max(now, (due ?? now).advanced(by: .zero - tolerance))
    }
}
