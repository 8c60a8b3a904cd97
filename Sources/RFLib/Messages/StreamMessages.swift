/// Asks the peer to say its whole state in a new stream (type 9). It is also the greeting of a daemon that starts.
public struct SyncRequest: Hashable, Codable, Sendable {
    /// The peer's stream that cannot be followed any more; 0 if none has been seen.
    public var stream: Int64

    /// Asks for a stream later than this one.
    public init(stream: Int64) {
        self.stream = stream
    }
}

/// Ends the whole state (type 11): what was not named since the stream's beginning does not exist.
public struct SyncEnd: Hashable, Codable, Sendable {
    /// The number of messages since the beginning.
    public var count: Int64

    /// Ends a state of this many messages.
    public init(count: Int64) {
        self.count = count
    }
}

/// Everything in a stream up to a sequence number has been applied (type 12).
public struct Ack: Hashable, Codable, Sendable {
    /// The stream.
    public var stream: Int64
    /// The last envelope applied.
    public var seq: Int64

    /// Acknowledges all envelopes of a stream up to one.
    public init(stream: Int64, seq: Int64) {
        self.stream = stream
        self.seq = seq
    }
}

/// The sender is alive, and this is the last that it has sent (type 13).
public struct Beat: Hashable, Codable, Sendable {
    /// The sender's stream; 0 if it has none.
    public var stream: Int64
    /// The last envelope of that stream.
    public var seq: Int64

    /// Reports a stream's end.
    public init(stream: Int64, seq: Int64) {
        self.stream = stream
        self.seq = seq
    }
}
