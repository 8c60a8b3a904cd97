import NIOCore
import NIOTestUtils
import Testing

@testable import OpenFlow

@Suite("Framing")
struct FrameDecoderTests {
    @Test("Messages are cut out of a stream however it is divided")
    func division() throws {
        // The verifier feeds byte by byte and all at once, so it gets few, short messages.
        let pairs = try Fixture.symmetric.map { ($0.bytes, [try OpenFlowFrame($0.bytes)]) }
        #expect(throws: Never.self) {
            try ByteToMessageDecoderVerifier.verifyDecoder(inputOutputPairs: pairs) { OpenFlowFrameDecoder() }
        }
    }

    @Test("A frame has the header and the body of its message")
    func frame() throws {
        var buffer = ByteBuffer(hex: "0102000c 12345678 61626364 01")
        var decoder = OpenFlowFrameDecoder()
        let frame = try #require(try decoder.decode(buffer: &buffer))
        #expect(frame.header == OpenFlowHeader(version: .v10, type: 2, length: 12, xid: 0x1234_5678))
        #expect(frame.body == ByteBuffer(string: "abcd"))
        #expect(buffer.bytes == [1])
        #expect(try decoder.decode(buffer: &buffer) == nil)
    }

    @Test("A message that the end of the stream cuts off is none")
    func endOfStream() throws {
        var buffer = ByteBuffer(hex: "0102000c 12345678 616263")
        var decoder = OpenFlowFrameDecoder()
        #expect(try decoder.decodeLast(buffer: &buffer, seenEOF: true) == nil)
    }

    @Test("A length of less than a header is an error", arguments: UInt16(0)...7)
    func tooShort(length: UInt16) {
        var buffer = ByteBuffer()
        OpenFlowHeader(version: .v10, type: 0, length: length, xid: 1).encode(into: &buffer)
        var decoder = OpenFlowFrameDecoder()
        let error = #expect(throws: OpenFlowError.self) { try decoder.decode(buffer: &buffer) }
        #expect(error?.code == .badLength)
    }

    @Test("A length of more than is allowed is an error before the message is there")
    func tooLong() throws {
        var decoder = OpenFlowFrameDecoder(maximumLength: 1024)
        var buffer = ByteBuffer(hex: "01020401 00000001")
        let error = #expect(throws: OpenFlowError.self) { try decoder.decode(buffer: &buffer) }
        #expect(error?.code == .tooLong)
        var allowed = ByteBuffer(hex: "01020400 00000001")
        #expect(try decoder.decode(buffer: &allowed) == nil)
    }

    @Test("Versions of later than 1.0 are framed, so that a hello of theirs can be answered")
    func laterVersion() throws {
        let frame = try OpenFlowFrame(ByteBuffer(hex: "06000010 00000001 0001 0008 00000012"))
        #expect(frame.header.version > .v10)
    }
}
