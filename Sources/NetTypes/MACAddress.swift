/// An IEEE 802 48-bit address.
public struct MACAddress: Hashable, Sendable {
    /// The address as a number, its first octet on the wire being the most significant. The upper 16 bits are zero.
    public let rawValue: UInt64

    /// Creates an address from the lower 48 bits of a number.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue & 0xFFFF_FFFF_FFFF
    }

    /// Creates an address from its six octets in the order of the wire, or nil if there are not six.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 6 else { return nil }
        self.rawValue = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The six octets in the order of the wire.
    public var bytes: [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: rawValue >> (40 - 8 * $0)) }
    }

    /// 00:00:00:00:00:00, which no station has.
    public static let zero = MACAddress(rawValue: 0)
    /// ff:ff:ff:ff:ff:ff.
    public static let broadcast = MACAddress(rawValue: 0xFFFF_FFFF_FFFF)

    /// True for group addresses, broadcast included (IEEE 802: the I/G bit).
    public var isMulticast: Bool { rawValue & 0x0100_0000_0000 != 0 }

    /// True for the addresses that a bridge never forwards, 01:80:C2:00:00:00 to :0F (IEEE 802.1Q, table 8-1).
    public var isLinkLocalGroup: Bool { rawValue & 0xFFFF_FFFF_FFF0 == 0x0180_C200_0000 }
}

extension MACAddress: LosslessStringConvertible {
    /// Parses six groups of one or two hexadecimal digits between colons.
    public init?(_ description: String) {
        let groups = description.split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count == 6 else { return nil }
        var value: UInt64 = 0
        for group in groups {
            guard let octet = hexadecimal(group, digits: 2) else { return nil }
            value = value << 8 | octet
        }
        self.rawValue = value
    }

    /// Lower case, two digits an octet, between colons.
    public var description: String {
        bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: ":")
    }
}

extension MACAddress: CodableAsString {}
