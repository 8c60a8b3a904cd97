/// The document by which the rfservers agree on which of them is at work.
public struct Lease: Hashable, Sendable {
    /// Whose it is; nil once its holder has given it back.
    public var holder: LeaseHolder?
    /// The epoch of that rfserver. It grows with each holder.
    public var term: Int64
    /// Counts up while the holder lives.
    public var beat: Int64

    /// A lease as the database keeps it.
    public init(holder: LeaseHolder?, term: Int64, beat: Int64) {
        self.holder = holder
        self.term = term
        self.beat = beat
    }

    /// How often the holder renews it.
    public static let renewal = Duration.milliseconds(500)
    /// A holder that could not renew it for this long writes nothing until it can again.
    public static let doubt = Duration.milliseconds(1500)
    /// A server of the database that has not answered after this long is given up: its answer would come too late, and another
    /// may be the primary by now.
    public static let answer = Duration.seconds(1)
    /// A lease that stood still for this long may be taken. Longer than `doubt`: the holder stops first.
    public static let patience = Duration.seconds(2)
}

/// What becomes of the lease that an rfserver holds.
public enum LeaseEvent: Hashable, Sendable {
    /// It was taken or renewed by an order that was given at this moment.
    case renewed(at: ContinuousClock.Instant)
    /// Another rfserver has taken it.
    case lost
}
