/// When changes may gather before they are sent on a channel.
///
/// An idle channel carries each change at once. While it still writes, what gathers loses no time. And a flood of changes travels in
/// large envelopes: each envelope costs all parties as much as hundreds of messages, so the more one held, the longer the next
/// may fill, up to a limit that nobody notices in a flood.
///
/// A slow flood is one too: many senders that know nothing of each other keep a database busy with small envelopes. So each has a
/// few to send at once, and after them one for each interval, which grows while the flood goes on.
public struct ChannelLoad: Sendable {
    private var waiting = 0
    private var gathersUntil = Instant.start
    /// When the writes would have been due, had there been one for each interval. One to several peers is one.
    private var due = Instant.start
    /// The writes of the present flood: those in a row after which the next had to wait.
    private var flood = 0
    /// False until the channel has said once what it has written; one that never does is never busy.
    private var isMetered = false

    /// How long changes gather for each message that was sent before them.
    private static let gatheringPerMessage = Duration.milliseconds(1)
    /// How long they gather in a flood: at first, after ten writes of it, and after twenty.
    private static let intervals = [Duration.milliseconds(20), .milliseconds(40), .milliseconds(80)]
    private static let writesPerInterval = 10
    /// So far a write may be ahead of its time: eight are done at once after a pause.
    private static let tolerance = intervals[0] * 7

    /// Nothing waits.
    public init() {}

    /// True while changes are to gather.
    public func isBusy(at now: Instant) -> Bool { waiting > 0 || gathersUntil > now }

    /// When changes that gather may be sent, unless the channel itself says so.
    public var deadline: Instant? { waiting > 0 ? nil : gathersUntil }

    /// Envelopes were sent.
    public mutating func sent(_ envelopes: [Envelope], at now: Instant) {
        guard isMetered, !envelopes.isEmpty else { return }
        waiting += envelopes.count
        let messages = envelopes.reduce(0) { $0 + ($1.kind.isControl ? 0 : $1.content.count) }
        guard messages > 0 else { return }
        let mayFollowAtOnce = due <= now.advanced(by: Self.tolerance - Self.intervals[0])
        flood = mayFollowAtOnce ? 0 : flood + 1
        let interval = Self.intervals[min(flood / Self.writesPerInterval, Self.intervals.count - 1)]
        // Full envelopes never wait, and leave no debt behind that is longer than an interval.
        due = min(max(due, now).advanced(by: interval), now.advanced(by: interval + Self.tolerance))
        gather(until: now.advanced(by: min(Self.intervals[0], Self.gatheringPerMessage * messages)))
        gather(until: due.advanced(by: .zero - Self.tolerance))
    }

    /// So many envelopes were written.
    public mutating func written(_ count: Int) {
        // What was sent before the first report is not counted, but reported.
        waiting = max(0, waiting - count)
        isMetered = true
    }

    private mutating func gather(until end: Instant) {
        gathersUntil = max(gathersUntil, end)
    }
}
