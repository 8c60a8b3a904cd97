public import RFLib

/// What can happen to rfserver.
public enum ServerEvent: Codable, Sendable {
    /// Something came, or changed, on a channel.
    case ipc(ChannelName, IPCEvent)
    /// Something became of the lease under which this rfserver is at work.
    case lease(LeaseEvent)
    /// The virtual switch is as it should be; these changes were needed.
    case virtualSwitchConfigured(changes: [String])
    /// The virtual switch could not be configured.
    case virtualSwitchFailed(reason: String)
    /// Only time has passed.
    case timePassed
}
