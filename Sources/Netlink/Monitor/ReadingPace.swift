/// How long the pump waits before it reads again: waking for each event of a flood would cost more than the event.
///
/// What gathers meanwhile is far below the receive buffer. An event after a pause is read at once.
struct ReadingPace {
    /// After each event that was read, so much time passes before the next are, up to a limit.
    private static let perEvent = Duration.microseconds(100)
    private static let limit = Duration.milliseconds(10)
    /// A flood may be slow, each reading over before its next event comes: a few readings at once, then one for each interval.
    private static let interval = Duration.milliseconds(5)
    private static let tolerance = interval * 7

    /// When the readings would have been due, had there been one for each interval.
    private var due = Duration.zero

    /// The pause after a reading.
    /// - Parameters:
    ///   - count: how many events were read.
    ///   - now: the time since any fixed moment.
    mutating func pause(after count: Int, at now: Duration) -> Duration {
        due = max(due, now) + Self.interval
        return max(min(Self.perEvent * count, Self.limit), due - Self.tolerance - now)
    }
}
