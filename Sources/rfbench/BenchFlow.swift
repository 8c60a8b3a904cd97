import NIOCore
import NetTypes
import OpenFlow
import RFLib

/// The flows that are pushed: 10.0.0.0/32, 10.0.0.1/32 and so on by way of one router and one neighbour.
enum BenchFlow {
    /// The router's address.
    static let router = MACAddress(rawValue: 0x0200_0000_01A1)
    /// The neighbour's address.
    static let neighbour = MACAddress(rawValue: 0x0200_0000_00B2)
    /// The neighbour's port.
    static let port: UInt16 = 2
    private static let network: UInt32 = 10 << 24

    /// The flow as rfserver wants it.
    static func wanted(_ number: Int, on datapath: DatapathID) -> FlowMod {
        FlowMod(
            dpID: datapath, source: router,
            prefix: IPPrefix(host: .v4(IPv4Address(rawValue: network + UInt32(number)))),
            forwarding: Forwarding(.route, port: port, destination: neighbour))
    }

    /// The flow as rfproxy says it to Open vSwitch (docs/architecture.md, the flow table).
    static func order(_ number: Int) -> OpenFlow10.FlowMod {
        OpenFlow10.FlowMod(
            .add,
            match: OpenFlow10.Match(
                dlDst: router, dlVLAN: OpenFlow10.Match.untagged, dlType: .ipv4,
                nwDst: OpenFlow10.IPv4Prefix(host: IPv4Address(rawValue: network + UInt32(number)))),
            priority: 0x8000 + 2 * 32, cookie: 0x5246_4C57_0000_0001, flags: .sendFlowRemoved,
            actions: [
                .decrementTTL, .registerLoad(.clearInPort), .setDLSrc(router), .setDLDst(neighbour),
                .output(OpenFlow10.PortNumber(rawValue: port), maxLength: 0),
            ])
    }

    /// The first flows, encoded, and a barrier behind them.
    static func encoded(_ count: Int, barrier: UInt32) throws -> ByteBuffer {
        var bytes = ByteBuffer()
        for number in 0..<count {
            try OpenFlow10.Envelope(xid: UInt32(number), .flowMod(order(number))).encode(into: &bytes)
        }
        try OpenFlow10.Envelope(xid: barrier, .barrierRequest).encode(into: &bytes)
        return bytes
    }
}
