/// A network: the addresses that share their first `length` bits.
public struct IPPrefix: Hashable, Sendable {
    /// The first address of the network; every bit beyond `length` is zero.
    public let address: IPAddress
    /// The number of bits that count: 0 to 32, or to 128 for IPv6.
    public let length: UInt8

    /// The network of this length that holds the address, or nil if the length is out of range.
    public init?(_ address: IPAddress, length: Int) {
        guard (0...address.bitWidth).contains(length) else { return nil }
        self.address = address.keeping(bits: length)
        self.length = UInt8(length)
    }

    /// The IPv4 network with this mask, or nil if the mask's one-bits are not contiguous from the left.
    public init?(_ address: IPv4Address, netmask: IPv4Address) {
        let length = (~netmask.rawValue).leadingZeroBitCount
        guard netmask == Self.mask(length) else { return nil }
        self.init(.v4(address), length: length)
    }

    /// The network that holds only this address: /32, or /128 for IPv6.
    public init(host address: IPAddress) {
        self.address = address
        self.length = UInt8(address.bitWidth)
    }

    /// 0.0.0.0/0.
    public static let ipv4Default = IPPrefix(v4: 0, length: 0)

    private init(v4: UInt32, length: UInt8) {
        self.address = .v4(IPv4Address(rawValue: v4))
        self.length = length
    }

    /// True if only one address is in the network.
    public var isHost: Bool { Int(length) == address.bitWidth }

    /// The mask as an address, or nil for IPv6, where masks are not written.
    public var netmask: IPv4Address? {
        address.v4.map { _ in Self.mask(Int(length)) }
    }

    /// True if the address is in the network. Addresses of the other version never are.
    public func contains(_ other: IPAddress) -> Bool {
        other.bitWidth == address.bitWidth && other.keeping(bits: Int(length)) == address
    }

    /// The last address of the network.
    public var last: IPAddress {
        switch address {
        case .v4(let first):
            .v4(IPv4Address(rawValue: first.rawValue | ~Self.mask(Int(length)).rawValue))
        case .v6(let first):
            .v6(
                IPv6Address(
                    high: first.high | ~leadingOnes(min(Int(length), 64)),
                    low: first.low | ~leadingOnes(max(Int(length) - 64, 0))))
        }
    }

    private static func mask(_ length: Int) -> IPv4Address {
        // A shift by the whole width is not defined in C; Swift's smart shift gives zero, as /0 needs.
        IPv4Address(rawValue: UInt32.max << (32 - length))
    }
}

extension IPAddress {
    /// The address with every bit beyond the first `bits` cleared.
    fileprivate func keeping(bits: Int) -> IPAddress {
        switch self {
        case .v4(let address):
            .v4(IPv4Address(rawValue: address.rawValue & UInt32.max << (32 - bits)))
        case .v6(let address):
            .v6(
                IPv6Address(
                    high: address.high & leadingOnes(min(bits, 64)),
                    low: address.low & leadingOnes(max(bits - 64, 0))))
        }
    }
}

private func leadingOnes(_ count: Int) -> UInt64 {
    UInt64.max << (64 - count)
}

extension IPPrefix: CodableAsString {
    /// Parses `address/length`; a bare address is a host.
    public init?(_ description: String) {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        switch parts.count {
        case 1: self.init(host: address)
        case 2:
            guard let length = UInt8(parts[1]) else { return nil }
            self.init(address, length: Int(length))
        default: return nil
        }
    }

    /// `address/length`.
    public var description: String { "\(address)/\(length)" }
}

extension IPPrefix: Comparable {
    /// By address, then the shorter first.
    public static func < (left: Self, right: Self) -> Bool {
        left.address == right.address ? left.length < right.length : left.address < right.address
    }
}

extension IPv4Address {
    /// All networks that hold the address, the smallest first: 33 of them.
    public var networks: [IPPrefix] {
        stride(from: 32, through: 0, by: -1).compactMap { IPPrefix(.v4(self), length: $0) }
    }
}
