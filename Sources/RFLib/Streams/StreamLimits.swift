/// The bounds and times of streams.
public struct StreamLimits: Hashable, Sendable {
    /// Messages in an envelope at most; one with a list of ports counts for several.
    public var batch = 1000
    /// Envelopes that may wait for acknowledgement.
    public var windowEnvelopes = 64
    /// Messages that may wait for acknowledgement: about 8 MiB of the largest kind that comes in numbers.
    public var windowMessages = 40_000
    /// An acknowledgement comes this long after an envelope at the latest, and at half a window.
    public var ackDelay = Duration.milliseconds(200)
    /// An unacknowledged sender repeats its last number after this, and then ever less often.
    public var beatDelay = Duration.seconds(1)
    /// The longest time between such repetitions, and between greetings.
    public var beatLimit = Duration.seconds(10)
    /// A sender that has nothing to say shows that it lives as often as this.
    public var livenessInterval = Duration.seconds(10)

    /// The usual bounds.
    public init() {}
}
