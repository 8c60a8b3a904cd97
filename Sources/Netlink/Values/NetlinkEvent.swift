/// What the kernel says, in the order in which it says it.
///
/// **Dumps.** The entries of a dump come as `link`, `route`, ... between `dumpBegan` and `dumpEnded` of their kind;
/// what was known before and is not among them no longer exists. A second `dumpBegan` before the end means that
/// the kernel's tables changed under the dump, and that it begins anew. While a dump runs, live events of its kind
/// are held back and follow its `dumpEnded` in the same batch: an entry is never older than what came before it.
/// Events of other kinds may come in between.
public enum NetlinkEvent: Hashable, Sendable, Codable {
    /// An interface is new or has changed.
    case link(Link)
    /// An interface is gone.
    case linkRemoved(index: UInt32)
    /// An interface has an address.
    case address(InterfaceAddress)
    /// An interface has lost an address.
    case addressRemoved(InterfaceAddress)
    /// A route is new or has changed. With `.replace` in the change it took the place of the first route of
    /// the same table, prefix, type of service and priority, for which no removal is sent.
    case route(Route, change: ChangeFlags)
    /// A route was removed. Many removals are silent: see the design, section 8.
    case routeRemoved(Route)
    /// A nexthop object is new or has changed.
    case nexthop(NexthopObject, change: ChangeFlags)
    /// A nexthop object is gone, and with it, silently, the routes that named it.
    case nexthopRemoved(id: UInt32)
    /// A neighbour is new or has changed.
    case neighbour(Neighbour)
    /// A neighbour's entry was removed.
    case neighbourRemoved(Neighbour)
    /// A dump begins, or begins anew.
    case dumpBegan(DumpKind)
    /// A dump is complete.
    case dumpEnded(DumpKind)
    /// A dump could not be completed: what came since `dumpBegan` is true, but not all there is.
    case dumpFailed(DumpKind, NetlinkError)
    /// Events were lost (`ENOBUFS`, or one of the bounds of the monitor): only dumps of all kinds can tell what is.
    case overrun
}

/// What can be dumped.
public enum DumpKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// All interfaces.
    case links
    /// All addresses.
    case addresses
    /// All nexthop objects.
    case nexthops
    /// The routes of the monitor's table.
    case routes
    /// All neighbours.
    case neighbours
}

/// What kind of change made an entry (netlink(7), "additional flag bits for NEW requests"). In a dump: empty.
public struct ChangeFlags: OptionSet, Hashable, Sendable, Codable {
    /// The `nlmsg_flags` word, only the bits below.
    public let rawValue: UInt16

    /// Creates change flags from an `nlmsg_flags` word of a NEW message.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// `NLM_F_REPLACE`: it took the place of an existing entry.
    public static let replace = ChangeFlags(rawValue: 0x100)
    /// `NLM_F_EXCL`: it was to be made only if it did not exist.
    public static let exclusive = ChangeFlags(rawValue: 0x200)
    /// `NLM_F_CREATE`: it was to be made if it did not exist.
    public static let create = ChangeFlags(rawValue: 0x400)
    /// `NLM_F_APPEND`: it was put behind its equals.
    public static let append = ChangeFlags(rawValue: 0x800)
}
