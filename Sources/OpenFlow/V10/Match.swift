public import NetTypes

extension OpenFlow10 {
    /// Which packets a flow is for (5.2.3, `ofp_match`): a field that is nil matches anything.
    ///
    /// Held in one canonical form, so that two matches with the same fields are equal, whatever the bytes were that
    /// they came from: a field under a wildcard is zero, and so is each bit that does not count.
    public struct Match: Hashable, Sendable {
        /// The wildcards word as on the wire; a network that matches anything counts 32 bits.
        public private(set) var wildcards = Wildcard.all
        private(set) var fields = Fields()

        /// Creates a match on the fields given; without any it matches every packet.
        public init(
            inPort: PortNumber? = nil, dlSrc: MACAddress? = nil, dlDst: MACAddress? = nil,
            dlVLAN: UInt16? = nil,
            dlVLANPCP: UInt8? = nil, dlType: EtherType? = nil, nwTOS: UInt8? = nil,
            nwProto: IPProtocol? = nil,
            nwSrc: IPv4Prefix? = nil, nwDst: IPv4Prefix? = nil, tpSrc: UInt16? = nil, tpDst: UInt16? = nil
        ) {
            self.inPort = inPort
            self.dlSrc = dlSrc
            self.dlDst = dlDst
            self.dlVLAN = dlVLAN
            self.dlVLANPCP = dlVLANPCP
            self.dlType = dlType
            self.nwTOS = nwTOS
            self.nwProto = nwProto
            self.nwSrc = nwSrc
            self.nwDst = nwDst
            self.tpSrc = tpSrc
            self.tpDst = tpDst
        }

        /// Matches every packet.
        public static let any = Match()

        /// As `dlVLAN`: packets without a VLAN tag (`OFP_VLAN_NONE`).
        public static let untagged: UInt16 = 0xFFFF
    }

    /// What an Ethernet frame carries (IEEE 802 numbers).
    public struct EtherType: RawRepresentable, Hashable, Sendable {
        /// The number on the wire; below 0x600 it stands for an LLC frame.
        public let rawValue: UInt16

        /// Creates a type from the number on the wire.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// IPv4.
        public static let ipv4 = EtherType(rawValue: 0x0800)
        /// ARP; a match's `nwSrc` and `nwDst` are then the protocol addresses, `nwProto` the operation.
        public static let arp = EtherType(rawValue: 0x0806)
    }

    /// What an IPv4 packet carries (IANA protocol numbers).
    public struct IPProtocol: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt8

        /// Creates a protocol from the number on the wire.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// ICMP; a match's `tpSrc` and `tpDst` are then type and code.
        public static let icmp = IPProtocol(rawValue: 1)
        /// TCP.
        public static let tcp = IPProtocol(rawValue: 6)
        /// UDP.
        public static let udp = IPProtocol(rawValue: 17)
        /// OSPF.
        public static let ospf = IPProtocol(rawValue: 89)
    }
}

extension OpenFlow10.Match {
    /// The bits of the wildcards word (5.2.3, `ofp_flow_wildcards`).
    enum Wildcard {
        static let inPort: UInt32 = 1 << 0
        static let dlVLAN: UInt32 = 1 << 1
        static let dlSrc: UInt32 = 1 << 2
        static let dlDst: UInt32 = 1 << 3
        static let dlType: UInt32 = 1 << 4
        static let nwProto: UInt32 = 1 << 5
        static let tpSrc: UInt32 = 1 << 6
        static let tpDst: UInt32 = 1 << 7
        static let nwSrcShift: UInt32 = 8
        static let nwDstShift: UInt32 = 14
        static let dlVLANPCP: UInt32 = 1 << 20
        static let nwTOS: UInt32 = 1 << 21

        /// How many of an address's bits are wild, in six bits; 32 and more mean all.
        static let nwMask: UInt32 = 0x3F

        /// Every field, the networks counted as 32: what Open vSwitch writes too.
        static let all: UInt32 = 0xFF | 32 << nwSrcShift | 32 << nwDstShift | dlVLANPCP | nwTOS
    }

    /// The values as numbers; zero where wild.
    struct Fields: Hashable {
        var dlSrc: UInt64 = 0
        var dlDst: UInt64 = 0
        var nwSrc: UInt32 = 0
        var nwDst: UInt32 = 0
        var inPort: UInt16 = 0
        var dlVLAN: UInt16 = 0
        var dlType: UInt16 = 0
        var tpSrc: UInt16 = 0
        var tpDst: UInt16 = 0
        var dlVLANPCP: UInt8 = 0
        var nwTOS: UInt8 = 0
        var nwProto: UInt8 = 0
    }

    /// The port that the packet came in by.
    public var inPort: OpenFlow10.PortNumber? {
        get { value(fields.inPort, Wildcard.inPort).map(OpenFlow10.PortNumber.init(rawValue:)) }
        set { Self.set(newValue?.rawValue, Wildcard.inPort, &fields.inPort, &wildcards) }
    }

    /// The Ethernet source.
    public var dlSrc: MACAddress? {
        get { value(fields.dlSrc, Wildcard.dlSrc).map(MACAddress.init(rawValue:)) }
        set { Self.set(newValue?.rawValue, Wildcard.dlSrc, &fields.dlSrc, &wildcards) }
    }

    /// The Ethernet destination.
    public var dlDst: MACAddress? {
        get { value(fields.dlDst, Wildcard.dlDst).map(MACAddress.init(rawValue:)) }
        set { Self.set(newValue?.rawValue, Wildcard.dlDst, &fields.dlDst, &wildcards) }
    }

    /// The VLAN, or `Match.untagged`.
    public var dlVLAN: UInt16? {
        get { value(fields.dlVLAN, Wildcard.dlVLAN) }
        set {
            Self.set(newValue, Wildcard.dlVLAN, &fields.dlVLAN, &wildcards)
            if dlVLAN == Self.untagged { dlVLANPCP = nil }
        }
    }

    /// The VLAN priority: 0 to 7, only the lower three bits count. Nil for untagged packets, which have none: Open
    /// vSwitch returns an exact 0 there, whether the priority was asked for or not.
    public var dlVLANPCP: UInt8? {
        get { value(fields.dlVLANPCP, Wildcard.dlVLANPCP) }
        set {
            let priority = dlVLAN == Self.untagged ? nil : newValue.map { $0 & 0x07 }
            Self.set(priority, Wildcard.dlVLANPCP, &fields.dlVLANPCP, &wildcards)
        }
    }

    /// The EtherType.
    public var dlType: OpenFlow10.EtherType? {
        get { value(fields.dlType, Wildcard.dlType).map(OpenFlow10.EtherType.init(rawValue:)) }
        set { Self.set(newValue?.rawValue, Wildcard.dlType, &fields.dlType, &wildcards) }
    }

    /// The IP type of service, of which only the upper six bits (DSCP) count.
    public var nwTOS: UInt8? {
        get { value(fields.nwTOS, Wildcard.nwTOS) }
        set { Self.set(newValue.map { $0 & 0xFC }, Wildcard.nwTOS, &fields.nwTOS, &wildcards) }
    }

    /// The IP protocol, or the lower octet of the ARP operation.
    public var nwProto: OpenFlow10.IPProtocol? {
        get { value(fields.nwProto, Wildcard.nwProto).map(OpenFlow10.IPProtocol.init(rawValue:)) }
        set { Self.set(newValue?.rawValue, Wildcard.nwProto, &fields.nwProto, &wildcards) }
    }

    /// The network of the source. One of length 0 matches anything, so it reads as nil.
    public var nwSrc: OpenFlow10.IPv4Prefix? {
        get { network(fields.nwSrc, Wildcard.nwSrcShift) }
        set { Self.set(newValue, Wildcard.nwSrcShift, &fields.nwSrc, &wildcards) }
    }

    /// The network of the destination. One of length 0 matches anything, so it reads as nil.
    public var nwDst: OpenFlow10.IPv4Prefix? {
        get { network(fields.nwDst, Wildcard.nwDstShift) }
        set { Self.set(newValue, Wildcard.nwDstShift, &fields.nwDst, &wildcards) }
    }

    /// The source port of TCP or UDP, or the type of ICMP.
    public var tpSrc: UInt16? {
        get { value(fields.tpSrc, Wildcard.tpSrc) }
        set { Self.set(newValue, Wildcard.tpSrc, &fields.tpSrc, &wildcards) }
    }

    /// The destination port of TCP or UDP, or the code of ICMP.
    public var tpDst: UInt16? {
        get { value(fields.tpDst, Wildcard.tpDst) }
        set { Self.set(newValue, Wildcard.tpDst, &fields.tpDst, &wildcards) }
    }

    private func value<Number>(_ field: Number, _ wildcard: UInt32) -> Number? {
        wildcards & wildcard == 0 ? field : nil
    }

    private func network(_ field: UInt32, _ shift: UInt32) -> OpenFlow10.IPv4Prefix? {
        let wildcardBits = wildcards >> shift & Wildcard.nwMask
        guard wildcardBits < 32 else { return nil }
        return OpenFlow10.IPv4Prefix(IPv4Address(rawValue: field), wildcardBits: wildcardBits)
    }

    private static func set<Number: FixedWidthInteger>(
        _ value: Number?, _ wildcard: UInt32, _ field: inout Number, _ wildcards: inout UInt32
    ) {
        field = value ?? 0
        wildcards = value == nil ? wildcards | wildcard : wildcards & ~wildcard
    }

    private static func set(
        _ network: OpenFlow10.IPv4Prefix?, _ shift: UInt32, _ field: inout UInt32, _ wildcards: inout UInt32
    ) {
        field = network?.address.rawValue ?? 0
        wildcards = wildcards & ~(Wildcard.nwMask << shift) | UInt32(32 - (network?.length ?? 0)) << shift
    }
}
