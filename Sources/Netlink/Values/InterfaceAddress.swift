public import NetTypes

/// An address of an interface (rtnetlink(7), `RTM_NEWADDR`).
public struct InterfaceAddress: Hashable, Sendable, Codable {
    /// The interface.
    public var linkIndex: UInt32
    /// The machine's own address (`IFA_LOCAL`; `IFA_ADDRESS` where the kernel sends no local one).
    public var address: IPAddress
    /// The length in bits of the network that is on the link.
    public var prefixLength: UInt8
    /// The far end of a point-to-point link, nil elsewhere.
    public var peer: IPAddress?
    /// How far the address is valid.
    public var scope: RouteScope
    /// The `IFA_F_*` flags (`IFA_FLAGS` where sent, else `ifa_flags`).
    public var flags: AddressFlags

    /// Creates an address.
    public init(
        linkIndex: UInt32, address: IPAddress, prefixLength: UInt8, peer: IPAddress? = nil,
        scope: RouteScope = .universe, flags: AddressFlags = []
    ) {
        self.linkIndex = linkIndex
        self.address = address
        self.prefixLength = prefixLength
        self.peer = peer
        self.scope = scope
        self.flags = flags
    }

    /// The network that is on the link: of the far end where there is one. Nil if the length is out of range.
    public var network: IPPrefix? { IPPrefix(peer ?? address, length: Int(prefixLength)) }
}

/// The flags of an address (linux/if_addr.h, `IFA_F_*`). Bits without a name here are kept.
public struct AddressFlags: OptionSet, Hashable, Sendable, Codable {
    /// The `IFA_FLAGS` word.
    public let rawValue: UInt32

    /// Creates flags from an `IFA_FLAGS` word.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Not the first address of its network (IPv4).
    public static let secondary = AddressFlags(rawValue: 0x01)
    /// Duplicate address detection has failed (IPv6).
    public static let duplicate = AddressFlags(rawValue: 0x08)
    /// Duplicate address detection is under way (IPv6).
    public static let tentative = AddressFlags(rawValue: 0x40)
    /// Without an end of its lifetime.
    public static let permanent = AddressFlags(rawValue: 0x80)
    /// The kernel makes no connected route for it.
    public static let noPrefixRoute = AddressFlags(rawValue: 0x200)
}
