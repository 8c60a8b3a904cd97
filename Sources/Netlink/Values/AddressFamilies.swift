import CMnl

/// The versions of IP whose addresses, routes and neighbours are followed.
public struct AddressFamilies: OptionSet, Hashable, Sendable {
    /// One bit a version.
    public let rawValue: UInt8

    /// Creates a set from its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// IPv4.
    public static let ipv4 = AddressFamilies(rawValue: 1)
    /// IPv6.
    public static let ipv6 = AddressFamilies(rawValue: 2)

    /// True if the set has the family of this `AF_*` number; false for all that is not IP (bridge tables, ...).
    func contains(number: UInt8) -> Bool {
        switch Int32(number) {
        case AF_INET: contains(.ipv4)
        case AF_INET6: contains(.ipv6)
        default: false
        }
    }

    /// The `AF_*` numbers of the set.
    var numbers: [UInt8] {
        [UInt8(AF_INET), UInt8(AF_INET6)].filter { contains(number: $0) }
    }
}
