public import RFLib

/// What rfserver can do.
public enum ServerEffect: Hashable, Sendable {
    /// Send envelopes on a channel.
    case send(ChannelName, [Envelope])
    /// Store changes of the table.
    case save([RFTableChange])
    /// Compare the Open vSwitch configuration with what it should be, and put it right.
    case configureVirtualSwitch
    /// Say something in the log.
    case log(LogLine)
    /// End this process: it must not go on.
    case stop(reason: String)
}
