public import NetTypes

/// The name of a daemon in `from` and `to`.
public struct PeerName: Hashable, Sendable, CodableAsString {
    /// The name as it stands in an envelope.
    public let description: String

    /// Takes any text as a name.
    public init(_ description: String) {
        self.description = description
    }

    /// The one rfserver.
    public static let rfserver = PeerName("rfserver")

    /// Everybody who reads a channel.
    public static let all = PeerName("all")

    /// The rfproxy with this `ct_id`.
    public static func rfproxy(_ ctID: Int32) -> PeerName { PeerName("rfproxy.\(ctID)") }

    /// The rfclient in a VM.
    public static func rfclient(_ vmID: VMID) -> PeerName { PeerName(vmID.description) }

    /// The VM, if this is the name of an rfclient: twelve hexadecimal digits.
    public var vmID: VMID? { description.utf8.count == 12 ? VMID(description) : nil }

    /// The `ct_id`, if this is the name of an rfproxy.
    public var ctID: Int32? {
        description.hasPrefix("rfproxy.") ? Int32(description.dropFirst("rfproxy.".count)) : nil
    }
}

/// What two kinds of daemons talk through.
public enum ChannelName: String, Hashable, Codable, Sendable {
    /// Between the VMs and rfserver.
    case clients = "rfclient<->rfserver"
    /// Between rfserver and the rfproxies.
    case proxies = "rfserver<->rfproxy"
}

/// One document of a channel: one message, or a batch of one kind, with its place in a stream.
public struct Envelope: Hashable, Codable, Sendable {
    /// Who sends.
    public var from: PeerName
    /// Who is to read.
    public var to: PeerName
    /// The sender's incarnation.
    public var epoch: Int64
    /// The incarnation of the reader that this is meant for; 0 in a greeting only, when it is not known.
    public var toEpoch: Int64
    /// The sender's stream; 0 outside a stream.
    public var stream: Int64
    /// 1, 2, 3 ... in the stream; 0 outside the sequence.
    public var seq: Int64
    /// What kind of messages this holds.
    public var kind: RFMessage.Kind
    /// The messages, all of that kind.
    public var content: [RFMessage]
    /// For each message of a received document that could not be understood, the reason. Always empty when sent.
    public var rejected: [String]

    /// Creates an envelope.
    public init(
        from: PeerName, to: PeerName, epoch: Int64, toEpoch: Int64, stream: Int64, seq: Int64,
        kind: RFMessage.Kind, content: [RFMessage], rejected: [String] = []
    ) {
        self.from = from
        self.to = to
        self.epoch = epoch
        self.toEpoch = toEpoch
        self.stream = stream
        self.seq = seq
        self.kind = kind
        self.content = content
        self.rejected = rejected
    }
}
