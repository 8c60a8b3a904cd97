import NIOCore
import OpenFlow

/// Writes packet-outs that send a whole packet out of one port: the one message that there may be 100,000 of in a second.
enum PacketOutWriter {
    private static let size = 24

    /// Appends a packet-out (OpenFlow 1.0.0, 5.3.6) with one output action (5.2.4), no buffer and no in-port.
    /// A packet that does not fit into a message is left out; it came in one with a header as long.
    static func write(_ packet: ByteBuffer, out port: UInt16, to buffer: inout ByteBuffer) {
        guard let length = UInt16(exactly: size + packet.readableBytes) else { return }
        buffer.writeMultipleIntegers(
            OpenFlowVersion.v10.rawValue, OpenFlow10.MessageType.packetOut.rawValue, length, UInt32(0),
            UInt32.max, OpenFlow10.PortNumber.none.rawValue, UInt16(8))
        buffer.writeMultipleIntegers(OpenFlow10.ActionType.output.rawValue, UInt16(8), port, UInt16(0))
        buffer.writeImmutableBuffer(packet)
    }
}
