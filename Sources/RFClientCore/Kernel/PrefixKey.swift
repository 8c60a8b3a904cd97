import NetTypes

/// An IPv4 prefix in eight octets: tables of a million routes are made of these.
struct PrefixKey: Hashable, Sendable {
    /// The first address in bits 8 to 39, the length in bits 0 to 7.
    let rawValue: UInt64

    /// Nil for an IPv6 prefix.
    init?(_ prefix: IPPrefix) {
        guard let address = prefix.address.v4 else { return nil }
        rawValue = UInt64(address.rawValue) << 8 | UInt64(prefix.length)
    }

    /// The prefix that holds only this address.
    init(host address: IPv4Address) {
        rawValue = UInt64(address.rawValue) << 8 | 32
    }

    /// The prefix of this length, 0 to 32, that holds the address.
    init(holding address: IPv4Address, length: Int) {
        let mask = UInt32.max << (32 - length)
        rawValue = UInt64(address.rawValue & mask) << 8 | UInt64(length)
    }

    /// 0.0.0.0/0.
    static let `default` = PrefixKey(holding: IPv4Address(rawValue: 0), length: 0)

    var length: Int { Int(rawValue & 0xFF) }

    var first: IPv4Address { IPv4Address(rawValue: UInt32(truncatingIfNeeded: rawValue >> 8)) }

    var last: IPv4Address { IPv4Address(rawValue: first.rawValue | ~(UInt32.max << (32 - length))) }

    /// The only address, if there is only one.
    var host: IPv4Address? { length == 32 ? first : nil }

    var prefix: IPPrefix {
        guard let prefix = IPPrefix(.v4(first), length: length) else {
            preconditionFailure("a prefix key is made from lengths of 0 to 32 only")
        }
        return prefix
    }
}

extension PrefixKey: Comparable {
    /// By address, then the shorter first.
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
