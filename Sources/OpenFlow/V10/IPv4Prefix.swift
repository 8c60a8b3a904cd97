public import NetTypes

extension OpenFlow10 {
    /// An IPv4 network, which is all that a 1.0 match can hold: the address bits beyond the length are zero.
    public struct IPv4Prefix: Hashable, Sendable {
        /// The first address of the network.
        public let address: IPv4Address
        /// The number of bits that count: 0 to 32.
        public let length: UInt8

        /// The network of this length that holds the address, or nil if the length is not 0 to 32.
        public init?(_ address: IPv4Address, length: Int) {
            guard (0...32).contains(length) else { return nil }
            self.init(address, wildcardBits: UInt32(32 - length))
        }

        /// The network, or nil if it is one of IPv6.
        public init?(_ prefix: IPPrefix) {
            guard let address = prefix.address.v4 else { return nil }
            self.init(address, length: Int(prefix.length))
        }

        /// The network that holds only this address.
        public init(host address: IPv4Address) {
            self.address = address
            self.length = 32
        }

        /// The network whose lower `wildcardBits` do not count; 32 and more are all of them.
        init(_ address: IPv4Address, wildcardBits: UInt32) {
            let bits = min(wildcardBits, 32)
            self.address = IPv4Address(rawValue: address.rawValue & UInt32.max << bits)
            self.length = UInt8(32 - bits)
        }
    }
}

extension OpenFlow10.IPv4Prefix: CustomStringConvertible {
    /// `address/length`.
    public var description: String { "\(address)/\(length)" }
}
