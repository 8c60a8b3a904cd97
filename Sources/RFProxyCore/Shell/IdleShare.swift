import NIOCore

/// What idle switches may have of the event loop, all together: the more of them say much, the longer each of them waits.
struct IdleShare {
    /// How long they have for a message, or a KiB of a list.
    private static let pace = TimeAmount.microseconds(20)
    /// How far they may be ahead of that.
    private static let slack = TimeAmount.milliseconds(20)
    /// The longest that one of them waits: less than it has for an answer.
    private static let most = TimeAmount.seconds(5)

    /// When all that they have said would have been due, one after the other.
    private var due = NIODeadline.uptimeNanoseconds(0)

    /// Counts what one of them has said. Returns how long it is not to be heard for that; nil for not at all.
    mutating func wait(after cost: Int, at now: NIODeadline) -> TimeAmount? {
        due = min(max(due, now) + Self.pace * cost, now + Self.most)
        return due - now > Self.slack ? due - now : nil
    }
}
