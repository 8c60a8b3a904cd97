/// What a channel reports.
public enum IPCEvent: Hashable, Codable, Sendable {
    /// Documents addressed to this daemon, in the order of the channel.
    case received([Envelope])
    /// So many envelopes that were sent have been written since the last time.
    case written(Int)
    /// The channel can be read: at the start, and again after each loss.
    case connected
    /// The channel cannot be read or written for now; it is being tried again.
    case disconnected(reason: String)
    /// A document that is no envelope was set aside.
    case poison(reason: String)
}

/// One channel, as one daemon sees it. A channel may lose, repeat or delay what it carries; streams make that good.
public protocol IPCChannel: Sendable {
    /// Sends envelopes after all that were given before, in this order. Never blocks: the streams' windows bound what
    /// gathers here.
    func send(_ envelopes: [Envelope])
}
