/// A point on a daemon's own monotonic clock. The cores know no other time, and only what they are told.
public struct Instant: Hashable, Codable, Sendable, InstantProtocol {
    /// The time since a start that is the same for all instants of a process.
    public let sinceStart: Duration

    /// The instant this long after the start.
    public init(sinceStart: Duration) {
        self.sinceStart = sinceStart
    }

    /// The start.
    public static let start = Instant(sinceStart: .zero)

    /// This instant and a time.
    public func advanced(by duration: Duration) -> Instant {
        Instant(sinceStart: sinceStart + duration)
    }

    /// The time from this instant to another.
    public func duration(to other: Instant) -> Duration {
        other.sinceStart - sinceStart
    }

    /// The earlier is less.
    public static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
}
