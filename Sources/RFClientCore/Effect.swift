public import NetTypes
public import Netlink
public import RFLib

/// Everything that rfclient can do.
public enum ClientEffect: Hashable, Sendable {
    /// Sends envelopes to rfserver.
    case send([Envelope])
    /// Asks the kernel for whole tables.
    case dump(Set<DumpKind>)
    /// Tells the kernel what to do about a neighbour.
    case neighbour(NeighbourCommand)
    /// Gives an interface another address.
    case setLinkAddress(linkIndex: UInt32, MACAddress)
    /// Sends an Ethernet frame out of an interface.
    case sendFrame(linkIndex: UInt32, [UInt8])
    /// Sets the VM up as a router; `settingsApplied` or `settingsFailed` follows.
    case apply(VMSettings)
    /// Says something in the log.
    case log(LogLine)
    /// Ends the daemon, which cannot go on, with an exit code that says so.
    case stop(reason: String)
}
