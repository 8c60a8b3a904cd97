public import RFLib

/// What can happen to rfserver.
public enum ServerEvent: Codable, Sendable {
    /// Something came, or changed, on a channel.
    case ipc(ChannelName, IPCEvent)
    /// The lease under which this rfserver is at work was renewed, by an order that was given so long ago.
    case leaseRenewed(ago: Duration)
    /// Another rfserver has the lease.
    case leaseLost
    /// The virtual switch is as it should be; these changes were needed.
    case virtualSwitchConfigured(changes: [String])
    /// The virtual switch could not be configured.
    case virtualSwitchFailed(reason: String)
    /// Only time has passed.
    case timePassed
}
