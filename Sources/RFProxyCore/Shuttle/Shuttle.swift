import Logging
import NIOCore
import NetTypes
import OpenFlow
import RFLib

/// What becomes of one packet from a switch.
enum PacketVerdict: Hashable, Sendable {
    /// It goes out of a port of another switch.
    case pass(to: SessionID, out: UInt16, PacketClass, from: PortID)
    /// It is a claim of a VM's port: not to be passed, but to be decided on.
    case claim
    /// It goes nowhere. The line is there now and then, with the count.
    case drop(LogLine?)
}

/// Passes packets between the ports of datapaths and those of the VMs. All that it needs is in memory.
struct Shuttle: Sendable {
    /// Why a packet is not passed.
    private enum Refusal: String {
        case unknownSwitch = "packet from a switch that is not known yet"
        case cut = "packet that the switch cut off"
        case tooShort = "packet shorter than an Ethernet header"
        case bridgeGroup = "packet for the next bridge only"
        case lldp = "LLDP packet"
        case ipv6 = "IPv6 packet"
        case falseClaim = "mapping frame from a port that is no virtual switch's"
        case badClaim = "mapping frame that makes no sense"
        case notJoined = "packet from a port that is not mapped"
        case elsewhere = "packet that another rfproxy passes on"
        case partnerGone = "packet for a switch that is not connected"
        case notForRouter = "packet for another station"
    }

    /// Which port is joined to which, where this rfproxy passes the packets.
    var maps = PortMaps()
    /// The same of all rfproxies.
    var known = KnownMaps()
    private let passesIPv6: Bool
    /// Nil if ports may send as much as they like.
    private var policer: Policer?
    private var datapaths: [SessionID: DatapathID] = [:]
    private var sessions: [DatapathID: SessionID] = [:]
    private var ownAddresses: [DatapathID: Set<IPv4Address>] = [:]
    /// The addresses that the VM behind a virtual port was seen to use.
    private var stations: [PortID: Set<MACAddress>] = [:]
    /// Beyond this many, a port's addresses are no longer looked at.
    private static let stationLimit = 8
    private var tally = Tally()

    init(passesIPv6: Bool, polices: Bool) {
        self.passesIPv6 = passesIPv6
        self.policer = polices ? Policer() : nil
    }

    /// How often packets were dropped, by reason.
    var drops: [String: Int] { tally.counts }

    // MARK: Switches

    mutating func attach(_ datapath: DatapathID, to session: SessionID) {
        datapaths[session] = datapath
        sessions[datapath] = session
    }

    mutating func detach(_ session: SessionID) {
        guard let datapath = datapaths.removeValue(forKey: session), sessions[datapath] == session else {
            return
        }
        sessions[datapath] = nil
    }

    mutating func setOwnAddresses(_ addresses: Set<IPv4Address>, of datapath: DatapathID) {
        ownAddresses[datapath] = addresses.isEmpty ? nil : addresses
    }

    /// A virtual port is gone, or another VM's: the addresses seen there mean nothing any more.
    mutating func forgetStations(of virtual: PortID) {
        stations[virtual] = nil
    }

    /// A VM uses an address on a virtual port.
    mutating func learn(_ address: MACAddress, on virtual: PortID) {
        guard !address.isMulticast, stations[virtual]?.contains(address) != true,
            stations[virtual]?.count ?? 0 <= Self.stationLimit
        else { return }
        stations[virtual, default: []].insert(address)
    }

    // MARK: Packets

    /// Decides on one packet.
    mutating func judge(_ packet: OpenFlow10.PacketIn, from session: SessionID) -> PacketVerdict {
        guard let datapath = datapaths[session] else { return refuse(.unknownSwitch) }
        let port = PortID(datapath, packet.inPort.rawValue)
        guard packet.data.readableBytes >= Int(packet.totalLength) else { return refuse(.cut, port) }
        guard let header = PacketHeader(packet.data) else { return refuse(.tooShort, port) }
        if header.etherType == MappingFrame.etherType { return judgeClaim(packet, port) }
        if let refusal = refusal(header) { return refuse(refusal, port) }
        guard let partner = maps[port] else {
            return refuse(known.knows(port) ? .elsewhere : .notJoined, port)
        }
        guard let destination = sessions[partner.datapath] else { return refuse(.partnerGone, port) }
        let isFromRouter = datapath.isVirtualSwitch
        if isFromRouter {
            learn(header.source, on: port)
        } else if !isForRouter(header.destination, partner) {
            return refuse(.notForRouter, port)
        }
        let packetClass = header.packetClass(
            ownAddresses: ownAddresses[datapath] ?? [], isFromRouter: isFromRouter)
        return .pass(to: destination, out: partner.port, packetClass, from: port)
    }

    /// Lets a packet that may pass do so only within the rate of its port. VMs are trusted.
    mutating func police(_ verdict: PacketVerdict, at now: Instant) -> PacketVerdict {
        guard case .pass(_, _, let packetClass, let port) = verdict, !port.datapath.isVirtualSwitch,
            policer?.admits(packetClass, from: port, at: now) == false
        else { return verdict }
        let reason = "\(packetClass) packet beyond the rate of its port"
        return .drop(
            tally.count(reason).map {
                LogLine(
                    .warning, "dropped: \(reason)",
                    ["count": $0, "dp_id": port.datapath, "port": port.port])
            })
    }

    /// Only a virtual switch's ports are VMs' ports: anybody could claim to be one from elsewhere.
    private mutating func judgeClaim(_ packet: OpenFlow10.PacketIn, _ port: PortID) -> PacketVerdict {
        guard port.datapath.isVirtualSwitch else { return refuse(.falseClaim, port) }
        guard packet.inPort.isPhysical, MappingFrame(bytes: packet.data.readableBytesView) != nil else {
            return refuse(.badClaim, port)
        }
        return .claim
    }

    private func refusal(_ header: PacketHeader) -> Refusal? {
        if header.destination.isLinkLocalGroup { return .bridgeGroup }
        switch header.etherType {
        case PacketHeader.lldp: return .lldp
        case PacketHeader.ipv6 where !passesIPv6: return .ipv6
        default: return nil
        }
    }

    /// As a router's port would: what is addressed to somebody else is nothing to it. While the VM has shown no
    /// address, or shows ever new ones, everything is taken to be for it.
    private func isForRouter(_ destination: MACAddress, _ virtual: PortID) -> Bool {
        guard !destination.isMulticast, let known = stations[virtual] else { return true }
        return known.count > Self.stationLimit || known.contains(destination)
    }

    private mutating func refuse(_ refusal: Refusal, _ port: PortID? = nil) -> PacketVerdict {
        guard let count = tally.count(refusal.rawValue) else { return .drop(nil) }
        var ids: [String: any CustomStringConvertible] = ["count": count]
        if let port {
            ids["dp_id"] = port.datapath
            ids["port"] = port.port
        }
        let level: Logger.Level =
            switch refusal {
            case .falseClaim: .warning
            case .elsewhere: .debug
            default: .info
            }
        return .drop(LogLine(level, "dropped: \(refusal.rawValue)", ids))
    }

    /// Counts a packet that found its queue full.
    mutating func overflow(_ port: PortID) -> LogLine? {
        let reason = "packet for a switch that takes no more"
        return tally.count(reason).map {
            LogLine(.warning, "dropped: \(reason)", ["count": $0, "dp_id": port.datapath, "port": port.port])
        }
    }
}
