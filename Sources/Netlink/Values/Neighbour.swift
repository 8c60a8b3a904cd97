public import NetTypes

/// An entry of the kernel's neighbour (ARP, NDP) table (rtnetlink(7), `RTM_NEWNEIGH`).
public struct Neighbour: Hashable, Sendable, Codable {
    /// The interface that the neighbour is behind.
    public var linkIndex: UInt32
    /// Its IP address.
    public var address: IPAddress
    /// Its hardware address; nil while it is not known, and on links without addresses of six octets.
    public var linkAddress: MACAddress?
    /// How sure the kernel is of it.
    public var state: NeighbourState
    /// How the entry came to be and how it is kept.
    public var flags: NeighbourFlags

    /// Creates a neighbour.
    public init(
        linkIndex: UInt32, address: IPAddress, linkAddress: MACAddress? = nil, state: NeighbourState,
        flags: NeighbourFlags = []
    ) {
        self.linkIndex = linkIndex
        self.address = address
        self.linkAddress = linkAddress
        self.state = state
        self.flags = flags
    }

    /// True in each state in which the kernel sends to `linkAddress` (include/net/neighbour.h, `NUD_VALID`).
    /// That is so for broadcast and multicast addresses too, whose state is `noARP` and whose link address is a group's.
    public var isValid: Bool { !state.isDisjoint(with: .valid) }

    /// True if the kernel resolves the entry by itself and keeps it fresh.
    public var isManaged: Bool { flags.contains(.managed) }
}

/// The state of a neighbour (linux/neighbour.h, `NUD_*`). Bits without a name here are kept.
public struct NeighbourState: OptionSet, Hashable, Sendable, Codable {
    /// The `ndm_state` word.
    public let rawValue: UInt16

    /// Creates a state from an `ndm_state` word.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Being resolved for the first time.
    public static let incomplete = NeighbourState(rawValue: 0x01)
    /// Confirmed of late.
    public static let reachable = NeighbourState(rawValue: 0x02)
    /// Known, but not confirmed of late.
    public static let stale = NeighbourState(rawValue: 0x04)
    /// Stale and in use: a probe follows unless a confirmation comes first.
    public static let delay = NeighbourState(rawValue: 0x08)
    /// Stale and being probed.
    public static let probe = NeighbourState(rawValue: 0x10)
    /// It did not answer.
    public static let failed = NeighbourState(rawValue: 0x20)
    /// Its address needs no resolution.
    public static let noARP = NeighbourState(rawValue: 0x40)
    /// Set by hand, for good.
    public static let permanent = NeighbourState(rawValue: 0x80)

    /// The states in which the link address is to be used.
    public static let valid: NeighbourState = [.permanent, .noARP, .reachable, .probe, .stale, .delay]
}

/// The flags of a neighbour: `ndm_flags` in bits 0 to 7, `NDA_FLAGS_EXT` in bits 8 and up (linux/neighbour.h).
/// Bits without a name here are kept.
public struct NeighbourFlags: OptionSet, Hashable, Sendable, Codable {
    /// `ndm_flags | NDA_FLAGS_EXT << 8`.
    public let rawValue: UInt32

    /// Creates flags from `ndm_flags | NDA_FLAGS_EXT << 8`.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `NTF_USE`: in a request, resolve it once.
    public static let use = NeighbourFlags(rawValue: 0x01)
    /// `NTF_PROXY`: the machine answers for this address.
    public static let proxy = NeighbourFlags(rawValue: 0x08)
    /// `NTF_EXT_LEARNED`: made by a program; the kernel's collector leaves it alone.
    public static let externallyLearned = NeighbourFlags(rawValue: 0x10)
    /// `NTF_ROUTER`: it says that it is a router (IPv6).
    public static let router = NeighbourFlags(rawValue: 0x80)
    /// `NTF_EXT_MANAGED`: the kernel resolves it and keeps it fresh (since Linux 5.16).
    public static let managed = NeighbourFlags(rawValue: 0x100)
}
