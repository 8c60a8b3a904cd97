import NIOCore
import OpenFlow

extension FuzzTarget {
    /// One message, whose header says the right version and length: most random changes would spoil just those.
    static let openFlowMessage = FuzzTarget(name: "openflow-message", longest: 2048) { input in
        guard input.count >= OpenFlowHeader.size, let length = UInt16(exactly: input.count) else { return }
        var bytes = ByteBuffer(bytes: input)
        bytes.setInteger(OpenFlowVersion.v10.rawValue, at: 0)
        bytes.setInteger(length, at: 2)
        try checkMessage(try frame(bytes))
    }
}

private func frame(_ bytes: ByteBuffer) throws -> OpenFlowFrame {
    var bytes = bytes
    var decoder = OpenFlowFrameDecoder()
    guard let frame = try decoder.decode(buffer: &bytes), bytes.readableBytes == 0 else {
        throw Violation("a message of the right length is not one message")
    }
    return frame
}

/// A message is refused with an error that lies inside it, or read; what is read can be written, and reads as the same.
func checkMessage(_ frame: OpenFlowFrame) throws {
    let envelope: OpenFlow10.Envelope
    do throws(OpenFlowError) {
        envelope = try OpenFlow10.Envelope(frame)
    } catch {
        try expect(
            (0...Int(frame.header.length)).contains(error.offset), "an error outside of its message: \(error)"
        )
        return
    }
    try expect(envelope.xid == frame.header.xid, "another transaction")
    try expect(envelope.message.type.rawValue == frame.header.type, "another type")
    let written = try bytes(of: envelope)
    // What is padding, or a later version's, may be lost, but nothing comes to it.
    try expect(written.readableBytes <= frame.header.length, "\(envelope) has become longer")
    let again = try OpenFlow10.Envelope(try OpenFlowFrame(whole: written))
    try expect(again == envelope, "\(envelope) has become \(again)")
    try expect(try bytes(of: again) == written, "\(envelope) is written in two ways")
}

private func bytes(of envelope: OpenFlow10.Envelope) throws -> ByteBuffer {
    var buffer = ByteBuffer()
    try envelope.encode(into: &buffer)
    return buffer
}

extension OpenFlowFrame {
    fileprivate init(whole bytes: ByteBuffer) throws {
        self = try frame(bytes)
    }
}
