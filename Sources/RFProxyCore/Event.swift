public import NetTypes
public import OpenFlow
public import RFLib

/// One TCP connection of a switch. Numbers are not used twice in a process.
public struct SessionID: RawRepresentable, Hashable, Codable, Sendable {
    /// The number, counting from 1.
    public let rawValue: UInt64

    /// Names a connection.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

extension SessionID: CustomStringConvertible {
    /// The number.
    public var description: String { "\(rawValue)" }
}

/// What carries a switch's messages.
public enum Transport: String, Hashable, Codable, Sendable {
    /// TCP alone: who the peer is, its address has to say.
    case tcp
    /// TLS over TCP: the peer has shown a certificate that rfproxy trusts before its first message is heard.
    case tls
}

/// Everything that rfproxy decides on, but for the packets that it only passes on: those take the short way through
/// `ProxyCore.packetIn`.
public enum ProxyEvent: Codable, Sendable {
    /// The channel to rfserver has something to say.
    case ipc(IPCEvent)
    /// A switch has connected, from this address; nil if the transport has none. The handshake of TLS may be yet to come.
    case connected(SessionID, from: IPAddress?, over: Transport)
    /// The handshake of TLS has failed: whoever it was has not been heard, and is gone.
    case refused(SessionID, reason: String)
    /// A switch has sent a message.
    case received(SessionID, SwitchFrame)
    /// A switch takes more data again, or no more for now.
    case writable(SessionID, Bool)
    /// A connection has ended.
    case disconnected(SessionID, reason: String)
    /// This rfproxy is about to end: its connections are closed next.
    case ending
    /// The deadline has come.
    case timePassed
}

/// A message of a switch as it came, so that a recording holds what was really there.
public struct SwitchFrame: Hashable, Sendable {
    /// The message.
    public var frame: OpenFlowFrame

    /// Holds a message.
    public init(_ frame: OpenFlowFrame) {
        self.frame = frame
    }
}
