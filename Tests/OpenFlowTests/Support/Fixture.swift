import NIOCore
import Testing

@testable import OpenFlow

/// A message as bytes and as a value.
struct Fixture: Sendable, CustomTestStringConvertible {
    /// Where the bytes come from. Each file of fixtures says how they were captured.
    enum Origin: Sendable {
        /// Captured; with the command of ovs-ofctl that made it go over the wire.
        case openVSwitch(String)
        /// Put together by hand from the specification, because Open vSwitch and ovs-ofctl never send it.
        case specification
    }

    let name: String
    let origin: Origin
    let bytes: ByteBuffer
    /// The bytes that the value encodes to: the same, or another form that means the same.
    let canonicalBytes: ByteBuffer
    let envelope: OpenFlow10.Envelope

    init(
        _ name: String, _ origin: Origin, hex: String, canonical: [String: String] = [:], xid: UInt32,
        _ message: OpenFlow10.Message
    ) {
        self.name = name
        self.origin = origin
        bytes = ByteBuffer(hex: hex)
        canonicalBytes = ByteBuffer(
            hex: canonical.reduce(hex) { $0.replacing($1.key, with: $1.value) })
        envelope = OpenFlow10.Envelope(xid: xid, message)
    }

    var testDescription: String { name }

    /// Every message there is.
    static let all = symmetric + switches + ports + packets + flows + flowStats + otherStats + queues
}

extension OpenFlowFrame {
    /// The frame of a message whose header says the length that it has, or nil.
    init?(whole bytes: ByteBuffer) {
        var bytes = bytes
        var decoder = OpenFlowFrameDecoder()
        guard let frame = try? decoder.decode(buffer: &bytes), bytes.readableBytes == 0 else { return nil }
        self = frame
    }

    /// The frame of a message, which must be one.
    init(_ bytes: ByteBuffer) throws {
        self = try #require(OpenFlowFrame(whole: bytes))
    }
}

extension OpenFlow10.Envelope {
    func encoded() throws -> ByteBuffer {
        var buffer = ByteBuffer()
        try encode(into: &buffer)
        return buffer
    }
}
