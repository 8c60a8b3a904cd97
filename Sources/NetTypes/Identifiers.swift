/// The identity of an OpenFlow datapath (OpenFlow 1.0, `ofp_switch_features.datapath_id`).
public struct DatapathID: Hashable, Sendable {
    /// All 64 bits; the lower 48 are often the switch's MAC address.
    public let rawValue: UInt64

    /// Creates an identity from the number in the switch's features reply.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// True for the virtual switch that the VMs hang on: its identity begins with "rfvs" (0x72667673).
    public var isVirtualSwitch: Bool { rawValue >> 32 == 0x7266_7673 }

    /// The identity of the virtual switch where nobody chose another.
    public static let defaultVirtualSwitch = DatapathID(rawValue: 0x7266_7673_7266_7673)
}

/// The identity of a virtual machine: the MAC address of its management interface as a 48-bit number.
public struct VMID: Hashable, Sendable {
    /// The number; its upper 16 bits are zero.
    public let rawValue: UInt64

    /// Creates an identity from the lower 48 bits of a number.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue & 0xFFFF_FFFF_FFFF
    }

    /// The identity of the VM whose management interface has this address.
    public init(_ address: MACAddress) {
        self.rawValue = address.rawValue
    }

    /// The one address of all the VM's data interfaces: the identity with the locally administered bit set and
    /// the next octet's low bit flipped, so that it never equals the management interface's own.
    public var dataAddress: MACAddress {
        MACAddress(rawValue: (rawValue & ~0x0100_0000_0000 | 0x0200_0000_0000) ^ 0x0001_0000_0000)
    }
}

extension DatapathID: CodableAsString {
    /// Parses up to 16 hexadecimal digits.
    public init?(_ description: String) {
        guard let value = hexadecimal(description, digits: 16) else { return nil }
        self.rawValue = value
    }

    /// 16 hexadecimal digits.
    public var description: String { hexadecimal(rawValue, digits: 16) }
}

extension VMID: CodableAsString {
    /// Parses up to 12 hexadecimal digits.
    public init?(_ description: String) {
        guard let value = hexadecimal(description, digits: 12) else { return nil }
        self.rawValue = value
    }

    /// 12 hexadecimal digits.
    public var description: String { hexadecimal(rawValue, digits: 12) }
}

extension DatapathID: Comparable {
    /// In numeric order.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension VMID: Comparable {
    /// In numeric order.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
