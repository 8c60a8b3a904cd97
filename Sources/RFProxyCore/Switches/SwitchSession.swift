import NIOCore
import NetTypes
import OpenFlow
import RFLib

/// One connection of a switch: how far the two have come, and what is to be written.
struct SwitchSession: Sendable {
    /// How far the two have come.
    enum Phase: Sendable {
        /// Waits for the switch's hello.
        case hello
        /// Waits for its features.
        case features
        /// Another connection has the same datapath: it has until this instant to show that it lives.
        case contender(OpenFlow10.FeaturesReply, until: Instant)
        /// Waits for its description.
        case description(DatapathID, xid: UInt32)
        /// Its flow table is being read.
        case reading(DatapathID, xid: UInt32)
        /// Everything is known.
        case up(DatapathID)
    }

    /// The longest that a switch may take from one step of the handshake to the next.
    static let handshakeLimit = Duration.seconds(10)
    /// The time after which another connection of its datapath may take the place of one that has not said what it is.
    static let describingLimit = Duration.milliseconds(500)
    /// How long the first connection of a datapath has to answer when there is a second one.
    static let challengeLimit = Duration.seconds(2)
    /// For how long an answer shows that the connection lives: a switch has better things to do than to answer each peer that claims
    /// its datapath.
    static let proofLimit = Duration.seconds(1)

    let id: SessionID
    /// From where; nil if the transport has no addresses.
    let peer: IPAddress?
    let transport: Transport
    var phase = Phase.hello
    /// True while the switch takes data.
    var isWritable = true
    var keepalive: Keepalive
    /// When the present step of the handshake has taken too long; nil when it is over.
    var handshakeEnd: Instant?
    /// When this rfproxy last said that it is the switch's master.
    var claimedAt: Instant?
    /// True if the switch has refused something since, because another one is its master.
    var wasRefused = false
    /// Which connection waits for an answer to which echo request.
    var challenge: (contender: SessionID, xid: UInt32)?
    /// When it last gave such an answer.
    var provenAt: Instant?
    /// What is to be written at the end of the present event.
    private(set) var output = ByteBuffer()
    private var lastXid: UInt32 = 0

    init(_ id: SessionID, peer: IPAddress?, over transport: Transport, at now: Instant) {
        self.id = id
        self.peer = peer
        self.transport = transport
        self.keepalive = Keepalive(at: now)
        self.handshakeEnd = now.advanced(by: Self.handshakeLimit)
    }

    /// The datapath, once it is this connection's.
    var datapath: DatapathID? {
        switch phase {
        case .hello, .features, .contender: nil
        case .description(let datapath, _), .reading(let datapath, _), .up(let datapath): datapath
        }
    }

    /// What the switch has to do in time, it has all its time for from now on.
    mutating func startTimesAgain(at now: Instant) {
        keepalive = Keepalive(at: now)
        if handshakeEnd != nil { handshakeEnd = now.advanced(by: Self.handshakeLimit) }
        if case .contender(let features, _) = phase {
            phase = .contender(features, until: now.advanced(by: Self.challengeLimit))
        }
    }

    /// True if the present step of the handshake takes longer than it does for a switch that wants to.
    func isSlow(at now: Instant) -> Bool {
        handshakeEnd.map { now.duration(to: $0) <= Self.handshakeLimit - Self.describingLimit } ?? false
    }

    var deadline: Instant {
        if case .contender(_, let until) = phase { return until }
        return min(keepalive.deadline, handshakeEnd ?? keepalive.deadline)
    }

    /// Sends a request, and returns its transaction.
    @discardableResult
    mutating func send(_ message: OpenFlow10.Message) -> UInt32 {
        // The upper half of the numbers is for flow mods.
        lastXid = lastXid % (1 << 30) + 1
        output.write(OpenFlow10.Envelope(xid: lastXid, message))
        return lastXid
    }

    /// Sends an answer.
    mutating func reply(_ xid: UInt32, _ message: OpenFlow10.Message) {
        output.write(OpenFlow10.Envelope(xid: xid, message))
    }

    /// Lets flow mods be written.
    mutating func write(_ body: (inout ByteBuffer) -> Void) {
        body(&output)
    }

    /// Takes what is to be written.
    mutating func takeOutput() -> ByteBuffer? {
        guard output.readableBytes > 0 else { return nil }
        defer { output = ByteBuffer() }
        return output
    }
}
