/// When changes may gather before they are sent on a channel.
///
/// An idle channel carries each change at once. While it still writes, what gathers loses no time. And a flood of changes travels in
/// large envelopes: each envelope costs all parties as much as hundreds of messages, so the more one held, the longer the next
/// may fill, up to a limit that nobody notices in a flood. It may also fill for longer where writing takes long: then others,
/// of whom this channel knows nothing, keep the machine or the database busy, and all are served sooner by fewer envelopes.
public struct ChannelLoad: Sendable {
    private var waiting = 0
    private var gathersUntil = Instant.start
    /// When the changes were sent that are not written yet.
    private var writesSince: Instant?
    /// False until the channel has said once what it has written; one that never does is never busy.
    private var isMetered = false

    /// How long changes gather for each message that was sent before them.
    private static let gatheringPerMessage = Duration.milliseconds(1)
    private static let gatheringLimit = Duration.milliseconds(20)
    /// A write takes no longer on a machine that has time. After one that did, changes gather for so many times the excess.
    private static let usualWrite = Duration.milliseconds(2)
    private static let gatheringPerExcess = 5
    private static let excessLimit = Duration.milliseconds(200)

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
        writesSince = writesSince ?? now
        gather(for: min(Self.gatheringLimit, Self.gatheringPerMessage * messages), from: now)
    }

    /// So many envelopes were written.
    public mutating func written(_ count: Int, at now: Instant) {
        // What was sent before the first report is not counted, but reported.
        waiting = max(0, waiting - count)
        isMetered = true
        guard waiting == 0, let since = writesSince else { return }
        writesSince = nil
        let excess = since.duration(to: now) - Self.usualWrite
        gather(for: min(Self.excessLimit, excess * Self.gatheringPerExcess), from: now)
    }

    private mutating func gather(for time: Duration, from now: Instant) {
        gathersUntil = max(gathersUntil, now.advanced(by: time))
    }
}
