extension OpenFlow10 {
    /// A field in the Nicira extended match notation (Open vSwitch, `NXM_HEADER`): class in the upper 16 bits, then
    /// seven bits of field, one that says whether a mask follows, eight of length in bytes.
    public struct NXMField: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt32

        /// Creates a field from the number on the wire.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// The incoming port, 16 bits (`NXM_OF_IN_PORT`).
        public static let inPort = NXMField(rawValue: 0x0000_0002)
        /// The Ethernet destination, 48 bits (`NXM_OF_ETH_DST`).
        public static let ethernetDestination = NXMField(rawValue: 0x0000_0206)
        /// The Ethernet source, 48 bits (`NXM_OF_ETH_SRC`).
        public static let ethernetSource = NXMField(rawValue: 0x0000_0406)
        /// What an ARP packet is, 16 bits (`NXM_OF_ARP_OP`).
        public static let arpOperation = NXMField(rawValue: 0x0000_1E02)
        /// The sender's IP address in an ARP packet, 32 bits (`NXM_OF_ARP_SPA`).
        public static let arpSenderAddress = NXMField(rawValue: 0x0000_2004)
        /// The target's IP address in an ARP packet, 32 bits (`NXM_OF_ARP_TPA`).
        public static let arpTargetAddress = NXMField(rawValue: 0x0000_2204)
        /// The sender's MAC address in an ARP packet, 48 bits (`NXM_NX_ARP_SHA`).
        public static let arpSenderMAC = NXMField(rawValue: 0x0001_2206)
        /// The target's MAC address in an ARP packet, 48 bits (`NXM_NX_ARP_THA`).
        public static let arpTargetMAC = NXMField(rawValue: 0x0001_2406)

        /// The number of bits of the field.
        public var bitWidth: Int { Int(rawValue & 0xFF) * 8 }
    }
}
