import NIOCore
import NetTypes
import OpenFlow

/// What the shuttle looks at in a packet. Read from any bytes of any length: what is not there is nil.
struct PacketHeader: Hashable, Sendable {
    /// What follows the Ethernet header of an IPv4 packet.
    struct IPv4: Hashable, Sendable {
        var destination: IPv4Address
        var ipProtocol: OpenFlow10.IPProtocol
        /// The ports of TCP or UDP; nil in later fragments, and where the packet ends before them.
        var ports: Ports?
    }

    /// The ports of TCP or UDP.
    struct Ports: Hashable, Sendable {
        var source: UInt16
        var destination: UInt16
    }

    var destination: MACAddress
    var source: MACAddress
    /// Behind a VLAN tag, if there is one (IEEE 802.1Q).
    var etherType: UInt16
    /// Nil if it is no IPv4, or ends inside its header.
    var ipv4: IPv4?

    static let lldp: UInt16 = 0x88CC
    static let ipv6: UInt16 = 0x86DD
    private static let vlan: UInt16 = 0x8100
    private static let ethernetSize = 14
    private static let tagSize = 4

    /// Reads a frame from its Ethernet header on. Nil if it is shorter than that.
    init?(_ frame: ByteBuffer) {
        let start = frame.readerIndex
        guard
            let (high, low, sourceHigh, sourceLow, type) = frame.getMultipleIntegers(
                at: start, as: (UInt16, UInt32, UInt16, UInt32, UInt16).self)
        else { return nil }
        destination = MACAddress(rawValue: UInt64(high) << 32 | UInt64(low))
        source = MACAddress(rawValue: UInt64(sourceHigh) << 32 | UInt64(sourceLow))
        etherType = type
        var offset = start + Self.ethernetSize
        if type == Self.vlan {
            guard let inner = frame.getInteger(at: offset + 2, as: UInt16.self) else { return }
            etherType = inner
            offset += Self.tagSize
        }
        if etherType == OpenFlow10.EtherType.ipv4.rawValue { ipv4 = IPv4(frame, at: offset) }
    }
}

extension PacketHeader.IPv4 {
    /// RFC 791, 3.1.
    fileprivate init?(_ frame: ByteBuffer, at offset: Int) {
        guard
            let versionAndSize = frame.getInteger(at: offset, as: UInt8.self), versionAndSize >> 4 == 4,
            let fragment = frame.getInteger(at: offset + 6, as: UInt16.self),
            let number = frame.getInteger(at: offset + 9, as: UInt8.self),
            let address = frame.getInteger(at: offset + 16, as: UInt32.self)
        else { return nil }
        let size = Int(versionAndSize & 0x0F) * 4
        guard size >= 20 else { return nil }
        destination = IPv4Address(rawValue: address)
        ipProtocol = OpenFlow10.IPProtocol(rawValue: number)
        let isFirstFragment = fragment & 0x1FFF == 0
        if isFirstFragment, ipProtocol == .tcp || ipProtocol == .udp {
            ports = frame.getMultipleIntegers(at: offset + size, as: (UInt16, UInt16).self)
                .map(PacketHeader.Ports.init(source:destination:))
        }
    }
}
