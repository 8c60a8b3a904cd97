import NIOCore
import NetTypes
import OpenFlow

@testable import RFProxyCore

extension FuzzTarget {
    /// A packet that a switch passed on: what the shuttle sees in it is there, and comes out again unchanged.
    static let packet = FuzzTarget(name: "packet", longest: 256) { input in
        let frame = ByteBuffer(bytes: input)
        let header = PacketHeader(frame)
        try expect((header != nil) == (input.count >= 14), "a header of \(input.count) bytes")
        try checkSurroundings(frame, header)
        guard let header else { return }
        var random = choices(by: input)
        try checkCut(frame, header, at: Int.random(in: 0...input.count, using: &random))
        try checkClass(header)
        try checkPacketOut(frame, port: UInt16.random(in: 1...0xFF00, using: &random))
    }
}

/// The packet is a slice of a message: what stands around it does not count.
private func checkSurroundings(_ frame: ByteBuffer, _ header: PacketHeader?) throws {
    for filler: UInt8 in [0x45, 0xFF] {
        var message = ByteBuffer(repeating: filler, count: 18)
        message.writeImmutableBuffer(frame)
        message.writeRepeatingByte(filler, count: 64)
        message.moveReaderIndex(forwardBy: 18)
        guard let slice = message.readSlice(length: frame.readableBytes) else { throw Violation("no slice") }
        try expect(PacketHeader(slice) == header, "bytes around the packet are taken for the packet's")
    }
}

/// A packet that was cut off shows less, but nothing else.
private func checkCut(_ frame: ByteBuffer, _ whole: PacketHeader, at length: Int) throws {
    guard let slice = frame.getSlice(at: 0, length: length), let cut = PacketHeader(slice) else { return }
    try expect(cut.source == whole.source && cut.destination == whole.destination, "cut: other stations")
    guard let ipv4 = cut.ipv4, let wholeIPv4 = whole.ipv4 else {
        return try expect(cut.ipv4 == nil, "cut: IPv4 appears")
    }
    try expect(ipv4.destination == wholeIPv4.destination, "cut: another destination")
    try expect(ipv4.ipProtocol == wholeIPv4.ipProtocol, "cut: another protocol")
    try expect(ipv4.ports == nil || ipv4.ports == wholeIPv4.ports, "cut: other ports")
}

private func checkClass(_ header: PacketHeader) throws {
    let foreign = header.packetClass(ownAddresses: [], isFromRouter: false)
    let own = header.packetClass(
        ownAddresses: header.ipv4.map { [$0.destination] } ?? [], isFromRouter: false)
    let fromRouter = header.packetClass(ownAddresses: [], isFromRouter: true)
    try expect(own.rawValue <= foreign.rawValue, "to the router itself: \(own), else \(foreign)")
    try expect(own == fromRouter, "to the router \(own), from it \(fromRouter)")
    try expect(header.ipv4 == nil || own != .miss, "to the router itself, and a miss")
}

/// The packet-out that is written without a codec is what the codec reads.
private func checkPacketOut(_ frame: ByteBuffer, port: UInt16) throws {
    var buffer = ByteBuffer()
    PacketOutWriter.write(frame, out: port, to: &buffer)
    var decoder = OpenFlowFrameDecoder()
    guard let message = try decoder.decode(buffer: &buffer), buffer.readableBytes == 0 else {
        throw Violation("the packet-out is not one message")
    }
    let wanted = OpenFlow10.PacketOut(
        actions: [.output(OpenFlow10.PortNumber(rawValue: port), maxLength: 0)], data: frame)
    try expect(try OpenFlow10.Envelope(message).message == .packetOut(wanted), "another packet goes out")
}
