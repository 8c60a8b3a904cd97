import NIOCore
public import NetTypes
public import OpenFlow

extension FakeSwitch {
    /// What becomes of a packet.
    public enum Fate: Hashable, Sendable {
        /// It leaves by a port.
        case out(port: UInt16, FakePacket)
        /// It goes to the controller.
        case controller(OpenFlow10.PacketIn)
    }

    /// Where does this packet go? Empty if it is dropped.
    public mutating func send(_ packet: FakePacket, inPort: UInt16) -> [Fate] {
        let exact = packet.match(inPort: inPort)
        let covering = flows.filter { $0.key.match.covers(exact) }
        guard let best = covering.max(by: { $0.key.priority < $1.key.priority })?.key else {
            return [.controller(packetIn(packet, inPort, .noMatch, config.missSendLen))]
        }
        flows[best]?.packets += 1
        return carryOut(flows[best]?.actions ?? [], on: packet, inPort: inPort)
    }

    private func carryOut(
        _ actions: [OpenFlow10.Action], on packet: FakePacket, inPort: UInt16
    ) -> [Fate] {
        var packet = packet
        var knownInPort: UInt16? = inPort
        var fates: [Fate] = []
        for action in actions {
            switch action {
            case .output(.controller, let maxLength):
                fates.append(.controller(packetIn(packet, inPort, .action, maxLength)))
            case .output(.inPort, _):
                fates.append(.out(port: inPort, packet))
            case .output(let port, _):
                let isHere = ports[port.rawValue].map { !$0.config.contains(.portDown) } ?? false
                if isHere, port.rawValue != knownInPort { fates.append(.out(port: port.rawValue, packet)) }
            case .setDLSrc(let address): packet.source = address
            case .setDLDst(let address): packet.destination = address
            case .decrementTTL:
                guard isOpenVSwitch else { return [] }
                guard packet.ttl > 1 else {
                    let isWanted = config.flags.contains(.invalidTTLToController)
                    return fates
                        + (isWanted
                            ? [.controller(packetIn(packet, inPort, .invalidTTL, config.missSendLen))] : [])
                }
                packet.ttl -= 1
            case .registerLoad(.clearInPort):
                guard isOpenVSwitch else { return [] }
                knownInPort = nil
            default:
                break
            }
        }
        return fates
    }

    private func packetIn(
        _ packet: FakePacket, _ inPort: UInt16, _ reason: OpenFlow10.PacketInReason, _ limit: UInt16
    ) -> OpenFlow10.PacketIn {
        let bytes = packet.bytes
        return OpenFlow10.PacketIn(
            totalLength: UInt16(bytes.count), inPort: OpenFlow10.PortNumber(rawValue: inPort), reason: reason,
            data: ByteBuffer(bytes: bytes.prefix(Int(limit))))
    }
}

/// An IPv4 or ARP packet, in the parts that routing is about.
public struct FakePacket: Hashable, Sendable {
    /// The Ethernet destination.
    public var destination: MACAddress
    /// The Ethernet source.
    public var source: MACAddress
    /// The VLAN, if it has a tag.
    public var vlan: UInt16?
    /// What it carries.
    public var etherType: OpenFlow10.EtherType = .ipv4
    /// The sender's address.
    public var from: IPv4Address
    /// The receiver's address.
    public var to: IPv4Address
    /// The hops that it may still take.
    public var ttl: UInt8 = 64
    /// What it carries.
    public var ipProtocol: OpenFlow10.IPProtocol = .udp
    /// The source port of TCP or UDP.
    public var sourcePort: UInt16 = 4000
    /// The destination port of TCP or UDP.
    public var destinationPort: UInt16 = 5000
    /// The length of the frame; what its headers leave free is filled.
    public var length = 60

    /// A UDP packet.
    public init(to destination: MACAddress, from source: MACAddress, _ from: IPv4Address, _ to: IPv4Address) {
        self.destination = destination
        self.source = source
        self.from = from
        self.to = to
    }

    /// The match on everything in it.
    func match(inPort: UInt16) -> OpenFlow10.Match {
        let hasPorts = ipProtocol == .tcp || ipProtocol == .udp
        return OpenFlow10.Match(
            inPort: OpenFlow10.PortNumber(rawValue: inPort), dlSrc: source, dlDst: destination,
            dlVLAN: vlan ?? OpenFlow10.Match.untagged, dlVLANPCP: 0, dlType: etherType, nwTOS: 0,
            nwProto: etherType == .arp ? OpenFlow10.IPProtocol(rawValue: 1) : ipProtocol,
            nwSrc: OpenFlow10.IPv4Prefix(host: from),
            nwDst: OpenFlow10.IPv4Prefix(host: to), tpSrc: hasPorts ? sourcePort : 0,
            tpDst: hasPorts ? destinationPort : 0)
    }

    /// The frame, without its check sequence and with empty checksums.
    public var bytes: [UInt8] {
        var bytes = destination.bytes + source.bytes
        func octets(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
        if let vlan { bytes += octets(0x8100) + octets(vlan) }
        bytes += octets(etherType.rawValue)
        if etherType == .arp {
            bytes += [0, 1, 8, 0, 6, 4, 0, 1] + source.bytes + from.bytes + [0, 0, 0, 0, 0, 0] + to.bytes
        } else if etherType == .ipv4 {
            let size = UInt16(max(length - bytes.count, 28))
            bytes += [0x45, 0] + octets(size) + [0, 0, 0, 0, ttl, ipProtocol.rawValue, 0, 0]
            bytes += from.bytes + to.bytes + octets(sourcePort) + octets(destinationPort)
        }
        return bytes + [UInt8](repeating: 0, count: max(0, length - bytes.count))
    }
}
