public import NIOCore
public import RFLib

/// Everything that rfproxy does about what happens.
public enum ProxyEffect: Hashable, Sendable {
    /// Put these into the channel to rfserver.
    case send([Envelope])
    /// Send these messages, already encoded, to a switch.
    case write(SessionID, ByteBuffer)
    /// End a connection.
    case close(SessionID)
    /// Say something.
    case log(LogLine)
    /// End the daemon.
    case stop(reason: String)
}
