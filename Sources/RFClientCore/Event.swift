public import Netlink
public import RFLib

/// Everything that can happen to rfclient.
public enum ClientEvent: Codable, Sendable {
    /// The kernel says something: entries of dumps, and changes.
    case netlink([NetlinkEvent])
    /// The channel to rfserver says something.
    case ipc(IPCEvent)
    /// The VM has been set up as a router; with what could not be done but is not essential.
    case settingsApplied(notes: [String])
    /// The VM could not be set up as a router.
    case settingsFailed(reason: String)
    /// The kernel refused a command.
    case neighbourFailed(NeighbourCommand, reason: String)
    /// The kernel refused to give an interface an address.
    case linkAddressFailed(linkIndex: UInt32, reason: String)
    /// A mapping frame could not be sent.
    case frameFailed(linkIndex: UInt32, reason: String)
    /// The core's deadline has come, or it is told for the first time.
    case timePassed
}
