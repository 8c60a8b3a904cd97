import NetTypes
import OpenFlow
import RFLib

/// Which of our flows: what gives a flow its match and its priority, in 16 bytes.
///
/// There may be a million of them, so they are held as numbers, and become a match only on the wire.
struct FlowKey: Hashable, Sendable {
    /// What the flow is for.
    enum Role: UInt8 {
        /// Something that each packet of a protocol needs: `network` is the number of the operation.
        case control
        /// To an address of a router's own. The flow is the same for all routers that have the address.
        case local
        /// To a prefix, by way of a router.
        case routed
        /// To a prefix whose next hop is behind the port that the packet came in by, on switches that never send a
        /// packet back unless told to in so many words.
        case hairpin
        /// ARP requests to a router's own MAC address and for an address of its own: a neighbour asks whether the router is
        /// still there. On switches that can answer, that does not depend on anything else being up.
        case arpAnswer
    }

    /// The role in the upper 8 bits, the prefix length in the next 8, the router's address in the lower 48.
    private let roleLengthSource: UInt64
    private let network: UInt32
    private let port: UInt16

    private init(_ role: Role, length: UInt8 = 0, source: UInt64 = 0, network: UInt32 = 0, port: UInt16 = 0) {
        self.roleLengthSource = UInt64(role.rawValue) << 56 | UInt64(length) << 48 | source
        self.network = network
        self.port = port
    }

    static func control(_ operation: DatapathOperation) -> FlowKey {
        FlowKey(.control, network: UInt32(operation.rawValue))
    }

    static func local(_ address: IPv4Address) -> FlowKey {
        FlowKey(.local, length: 32, network: address.rawValue)
    }

    static func arpAnswer(_ source: MACAddress, _ address: IPv4Address) -> FlowKey {
        FlowKey(.arpAnswer, length: 32, source: source.rawValue, network: address.rawValue)
    }

    static func routed(_ source: MACAddress, _ prefix: OpenFlow10.IPv4Prefix) -> FlowKey {
        FlowKey(.routed, length: prefix.length, source: source.rawValue, network: prefix.address.rawValue)
    }

    static func hairpin(_ source: MACAddress, _ prefix: OpenFlow10.IPv4Prefix, port: UInt16) -> FlowKey {
        FlowKey(
            .hairpin, length: prefix.length, source: source.rawValue, network: prefix.address.rawValue,
            port: port)
    }

    /// The hairpin beside this routed flow.
    func hairpin(port: OpenFlow10.PortNumber) -> FlowKey {
        FlowKey(.hairpin, length: length, source: source.rawValue, network: network, port: port.rawValue)
    }

    var role: Role { Role(rawValue: UInt8(roleLengthSource >> 56)) ?? .control }
    var source: MACAddress { MACAddress(rawValue: roleLengthSource) }
    var address: IPv4Address { IPv4Address(rawValue: network) }
    /// The port that the packet comes in by; of a hairpin only.
    var inPort: OpenFlow10.PortNumber { OpenFlow10.PortNumber(rawValue: port) }
    private var length: UInt8 { UInt8(truncatingIfNeeded: roleLengthSource >> 48) }

    /// The prefix as rfserver says it.
    var prefix: IPPrefix {
        IPPrefix(.v4(address), length: Int(length)) ?? .ipv4Default
    }
}

extension FlowKey: Comparable {
    /// In some order, always the same: a set has none, and what is decided twice should be decided alike.
    static func < (left: Self, right: Self) -> Bool {
        (left.roleLengthSource, left.network, left.port) < (right.roleLengthSource, right.network, right.port)
    }
}

extension FlowKey {
    /// The priorities of the flow table of a datapath (design, section 6).
    private enum Priority {
        static let control: UInt16 = 0xC000
        /// Above the flow that sends ARP to the controller.
        static let arpAnswer: UInt16 = 0xC001
        static let route: UInt16 = 0x8000
        /// Everything to the controller; above the drop, since packets that are asked for must not be lost.
        static let all: UInt16 = 1
        static let dropAll: UInt16 = 0
    }

    /// Among the flows that match a packet, the highest wins. The longer prefix wins since its priority is higher.
    var priority: UInt16 {
        switch role {
        case .control:
            switch operation {
            case .dropAll: Priority.dropAll
            case .all: Priority.all
            default: Priority.control
            }
        case .local: Priority.control
        case .arpAnswer: Priority.arpAnswer
        case .routed: Priority.route + 2 * UInt16(length)
        case .hairpin: Priority.route + 2 * UInt16(length) + 1
        }
    }

    /// Which packets the flow is for: those without a VLAN tag, unless all are meant.
    var match: OpenFlow10.Match {
        switch role {
        case .control:
            operation.flatMap(Self.match) ?? .any
        case .local:
            OpenFlow10.Match(
                dlVLAN: OpenFlow10.Match.untagged, dlType: .ipv4,
                nwDst: OpenFlow10.IPv4Prefix(host: address))
        case .arpAnswer:
            OpenFlow10.Match(
                dlDst: source, dlVLAN: OpenFlow10.Match.untagged, dlType: .arp,
                nwProto: OpenFlow10.IPProtocol(rawValue: Self.arpRequest),
                nwDst: OpenFlow10.IPv4Prefix(host: address))
        case .routed, .hairpin:
            OpenFlow10.Match(
                inPort: role == .hairpin ? inPort : nil, dlDst: source, dlVLAN: OpenFlow10.Match.untagged,
                dlType: .ipv4, nwDst: OpenFlow10.IPv4Prefix(address, length: Int(length)))
        }
    }

    /// What an ARP packet is; OpenFlow 1.0 matches it where IP has its protocol (RFC 826, `ares_op$REQUEST`).
    private static let arpRequest: UInt8 = 1

    private var operation: DatapathOperation? { DatapathOperation(rawValue: Int32(network)) }

    /// The packets that an operation is about; nil if it needs no flow.
    ///
    /// BGP and ICMP are sent to the controller for the routers' own addresses only, where all else goes there too.
    /// Clearing is no state that a table can be in: what is not wanted goes when the wanted table has been said.
    static func match(_ operation: DatapathOperation) -> OpenFlow10.Match? {
        let untagged = OpenFlow10.Match.untagged
        return switch operation {
        case .clearFlowTable, .bgp, .icmp: nil
        case .dropAll, .all: .any
        case .vmInfo: OpenFlow10.Match(dlType: OpenFlow10.EtherType(rawValue: MappingFrame.etherType))
        case .arp: OpenFlow10.Match(dlVLAN: untagged, dlType: .arp)
        case .ospf: OpenFlow10.Match(dlVLAN: untagged, dlType: .ipv4, nwProto: .ospf)
        case .ripV2:
            OpenFlow10.Match(
                dlVLAN: untagged, dlType: .ipv4, nwProto: .udp,
                nwDst: OpenFlow10.IPv4Prefix(host: IPv4Address(rawValue: 0xE000_0009)), tpDst: 520)
        }
    }

    /// Recognises a flow of a switch by its match and priority; nil if no flow of ours can have these.
    init?(match: OpenFlow10.Match, priority: UInt16) {
        var match = match
        // What is not there has no priority, but Open vSwitch returns such a match with one.
        if match.dlVLAN == OpenFlow10.Match.untagged { match.dlVLANPCP = nil }
        guard let key = Self.candidates(match).first(where: { $0.priority == priority && $0.match == match })
        else { return nil }
        self = key
    }

    private static func candidates(_ match: OpenFlow10.Match) -> [FlowKey] {
        if let source = match.dlDst {
            let anywhere = OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0), length: 0)
            guard let prefix = match.nwDst ?? anywhere else { return [] }
            guard let port = match.inPort else {
                return [match.dlType == .arp ? .arpAnswer(source, prefix.address) : .routed(source, prefix)]
            }
            return [.hairpin(source, prefix, port: port.rawValue)]
        }
        let controls = DatapathOperation.allCases.filter { Self.match($0) != nil }.map(Self.control)
        return controls + (match.nwDst.map { [.local($0.address)] } ?? [])
    }
}
