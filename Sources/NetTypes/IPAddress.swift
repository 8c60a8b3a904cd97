#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An Internet Protocol version 4 address (RFC 791).
public struct IPv4Address: Hashable, Sendable {
    /// The address in host byte order: 10.0.0.1 is 0x0A000001.
    public let rawValue: UInt32

    /// Creates an address from a number in host byte order.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Creates an address from its four octets in the order of the wire, or nil if there are not four.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 else { return nil }
        self.rawValue = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The four octets in the order of the wire.
    public var bytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rawValue >> $0) }
    }

    /// True in 127.0.0.0/8 (RFC 1122, 3.2.1.3).
    public var isLoopback: Bool { rawValue >> 24 == 127 }
    /// True in 224.0.0.0/4 (RFC 5771).
    public var isMulticast: Bool { rawValue >> 28 == 0xE }
}

/// An Internet Protocol version 6 address (RFC 4291).
public struct IPv6Address: Hashable, Sendable {
    /// The first eight octets as a number in host byte order.
    public let high: UInt64
    /// The last eight octets as a number in host byte order.
    public let low: UInt64

    /// Creates an address from its halves in host byte order.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Creates an address from its sixteen octets in the order of the wire, or nil if there are not sixteen.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The sixteen octets in the order of the wire.
    public var bytes: [UInt8] {
        [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } }
    }
}

/// An IP address of either version.
public enum IPAddress: Hashable, Sendable {
    /// An IPv4 address.
    case v4(IPv4Address)
    /// An IPv6 address.
    case v6(IPv6Address)

    /// Creates an address from four or sixteen octets in the order of the wire, nil for any other number.
    public init?(bytes: some Collection<UInt8>) {
        if let address = IPv4Address(bytes: bytes) {
            self = .v4(address)
        } else if let address = IPv6Address(bytes: bytes) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The IPv4 address, or nil if this is not one.
    public var v4: IPv4Address? {
        if case .v4(let address) = self { address } else { nil }
    }

    /// The IPv4 address that an IPv4-mapped one stands for (RFC 4291, 2.5.5.2), as a socket of both versions gives it; any
    /// other address as it is.
    public var unmapped: IPAddress {
        guard case .v6(let address) = self, address.high == 0, address.low >> 32 == 0xFFFF else {
            return self
        }
        return .v4(IPv4Address(rawValue: UInt32(truncatingIfNeeded: address.low)))
    }

    /// The octets in the order of the wire: four or sixteen.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let address): address.bytes
        case .v6(let address): address.bytes
        }
    }

    /// The number of bits of an address of this version: 32 or 128.
    public var bitWidth: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }
}

extension IPv4Address: Comparable {
    /// In numeric order.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension IPv6Address: Comparable {
    /// In numeric order.
    public static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

extension IPAddress: Comparable {
    /// In numeric order, version 4 before version 6.
    public static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.v4(let a), .v4(let b)): a < b
        case (.v6(let a), .v6(let b)): a < b
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}

extension IPv4Address: CodableAsString {
    /// Parses exactly four decimal numbers of 0 to 255 between dots, without leading zeros (which some read as octal).
    public init?(_ description: String) {
        let groups = description.split(separator: ".", omittingEmptySubsequences: false)
        guard groups.count == 4 else { return nil }
        var value: UInt32 = 0
        for group in groups {
            guard group.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let octet = UInt8(group),
                group.utf8.count == 1 || group.utf8.first != 0x30
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        self.rawValue = value
    }

    /// Dotted decimal.
    public var description: String {
        bytes.map { String($0) }.joined(separator: ".")
    }
}

extension IPv6Address: CodableAsString {
    /// Parses any form of RFC 4291, 2.2.
    public init?(_ description: String) {
        var octets = in6_addr()
        guard inet_pton(AF_INET6, description, &octets) == 1 else { return nil }
        guard let address = withUnsafeBytes(of: octets, { IPv6Address(bytes: $0) }) else { return nil }
        self = address
    }

    /// The short form of RFC 5952.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = bytes.withUnsafeBytes { inet_ntop(AF_INET6, $0.baseAddress, &text, socklen_t(INET6_ADDRSTRLEN)) }
        return text.withUnsafeBufferPointer { characters in
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

extension IPAddress: CodableAsString {
    /// Parses the notation of either version.
    public init?(_ description: String) {
        if let address = IPv4Address(description) {
            self = .v4(address)
        } else if let address = IPv6Address(description) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The usual notation of its version.
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}
