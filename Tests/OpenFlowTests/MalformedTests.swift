import NIOCore
import RFTestKit
import Testing

@testable import OpenFlow

/// None of these may trap or run for ever: that the run ends is part of what they prove.
@Suite("Malformed messages", .timeLimit(.minutes(5)))
struct MalformedTests {
    @Test("A message cut at any length is another message or an error", arguments: Fixture.all)
    func truncated(_ fixture: Fixture) {
        for length in OpenFlowHeader.size..<max(fixture.bytes.readableBytes, OpenFlowHeader.size) {
            let cut = fixture.bytes.getSlice(at: 0, length: length) ?? ByteBuffer()
            if survives(cut.withLength(length)) == fixture.envelope {
                Issue.record("the same when cut at \(length)")
            }
        }
    }

    @Test("A message of a fixed size is refused when it is longer", arguments: Fixture.all)
    func extended(_ fixture: Fixture) {
        var bytes = fixture.bytes
        bytes.writeBytes([1])
        let envelope = survives(bytes.withLength(bytes.readableBytes))
        switch fixture.envelope.message {
        case .featuresRequest, .getConfigRequest, .getConfigReply, .setConfig, .flowRemoved, .portStatus,
            .portMod, .barrierRequest, .barrierReply, .queueGetConfigRequest, .statsRequest(.desc),
            .statsRequest(.flow), .statsRequest(.aggregate), .statsRequest(.table), .statsRequest(.port),
            .statsRequest(.queue):
            #expect(envelope == nil)
        default:
            #expect(envelope != fixture.envelope || fixture.envelope.message == .hello)
        }
    }

    @Test("A message with any byte changed is another message or an error", arguments: Fixture.all)
    func flipped(_ fixture: Fixture) {
        let original = fixture.bytes.bytes
        for index in original.indices where !lengthField.contains(index) {
            for change: UInt8 in [0x01, 0xFF] {
                var bytes = fixture.bytes
                bytes.setInteger(original[index] ^ change, at: index)
                survives(bytes)
            }
        }
    }

    @Test("Any length inside a message may be 0, 1, wrong or huge", arguments: Fixture.all)
    func innerLengths(_ fixture: Fixture) {
        let numbers: [UInt16] = [0, 1, 8, 0xFFF8, 0xFFFF]
        for index in stride(from: 8, to: fixture.bytes.readableBytes - 1, by: 2) {
            for number in numbers {
                var bytes = fixture.bytes
                bytes.setInteger(number, at: index)
                survives(bytes)
            }
        }
    }

    @Test("Random bytes are a message or an error", arguments: UInt8(0)...23)
    func random(type: UInt8) {
        var generator = SplitMix64(seed: UInt64(type))
        for _ in 0..<300 {
            let length = OpenFlowHeader.size + Int.random(in: 0...256, using: &generator)
            var bytes = ByteBuffer()
            OpenFlowHeader(version: .v10, type: type, length: UInt16(length), xid: 1).encode(into: &bytes)
            while bytes.readableBytes < length {
                // Small numbers are common: they reach further, as types and lengths that are right.
                bytes.writeInteger(
                    Bool.random(using: &generator) ? 0 : UInt8.random(in: 0...255, using: &generator))
            }
            survives(bytes)
        }
    }

    private let lengthField = 2..<4

    /// Decodes; if there is a value, it must encode, and the result decode to the same value.
    @discardableResult
    private func survives(_ bytes: ByteBuffer) -> OpenFlow10.Envelope? {
        guard let frame = OpenFlowFrame(whole: bytes), let envelope = try? OpenFlow10.Envelope(frame) else {
            return nil
        }
        let encoded = try? envelope.encoded()
        let again = encoded.flatMap(OpenFlowFrame.init(whole:)).flatMap { try? OpenFlow10.Envelope($0) }
        if again != envelope {
            Issue.record("\(envelope) became \(again.map { "\($0)" } ?? "an error")")
        }
        return envelope
    }
}

@Suite("Errors about malformed messages")
struct ErrorTests {
    @Test(
        "A wrong length inside a message is an error that says where",
        arguments: [
            Malformed("action of length 0", "0000 0000 0002 0000", .badLength, 72),
            Malformed("action of length 4", "0000 0004 0002 0000", .badLength, 72),
            Malformed("action of length 12", "0000 000c 0002 0000 00000000 00000000", .badLength, 72),
            Malformed("action beyond the message", "0000 0010 0002 0000", .badLength, 72),
            Malformed("action of 65528 bytes", "0000 fff8 0002 0000", .badLength, 72),
            Malformed("start of an action", "0000", .badLength, 72),
            Malformed("output of 16 bytes", "0000 0010 0002 0000 0*8", .badLength, 80),
            Malformed("set source of 8 bytes", "0004 0008 00000000", .truncated, 80),
            Malformed("TTL decrement of 8 bytes", "ffff 0008 00002320", nil, 0),
            Malformed("TTL decrement of 24 bytes", "ffff 0018 00002320 0012 0*14", .badLength, 88),
            Malformed("register load of 16 bytes", "ffff 0010 00002320 0007 000f 0*4", .truncated, 88),
            Malformed("second action of length 0", "0000 0008 0002 0000 0000 0000 0002 0000", .badLength, 80),
        ])
    func actionLengths(_ malformed: Malformed) throws {
        let flowMod = "010e0048 00000001 003820ff 0*36 0*8 0000 0000 0000 8000 ffffffff ffff 0000"
        try malformed.check(behind: flowMod)
    }

    @Test(
        "A wrong length of a flow's statistics is an error that says where",
        arguments: [
            Malformed("length 0", "0000 0*86", .badLength, 12),
            Malformed("length 1", "0001 0*86", .badLength, 12),
            Malformed("length 87", "0057 0*86", .badLength, 12),
            Malformed("length beyond the message", "0060 0*86", .truncated, 100),
            Malformed("one byte", "58", .badLength, 12),
        ])
    func flowStatsLengths(_ malformed: Malformed) throws {
        try malformed.check(behind: "0111000c 00000001 0001 0000")
    }

    @Test(
        "A wrong length of a queue is an error that says where",
        arguments: [
            Malformed("queue of length 0", "00000001 0000 0000", .badLength, 24),
            Malformed("queue of length 7", "00000001 0007 0000", .badLength, 24),
            Malformed("queue beyond the message", "00000001 0010 0000", .truncated, 24),
            Malformed("property of length 0", "00000001 0010 0000 0001 0000 00000000", .badLength, 32),
            Malformed("rate of 8 bytes", "00000001 0010 0000 0001 0008 00000000", .truncated, 32),
            Malformed("rate of 24 bytes", "00000001 0020 0000 0001 0018 00000000 0*16", .badLength, 40),
        ])
    func queueLengths(_ malformed: Malformed) throws {
        try malformed.check(behind: "01150010 00000001 0001 0*6")
    }

    @Test(
        "A wrong length of a packet-out's actions is an error that says where",
        arguments: [
            Malformed("more than there is", "0010 0000 0008 0001 0000", .truncated, 24),
            Malformed("half an action", "0004 0000 0008 0001 0000", .badLength, 16),
            Malformed("65535", "ffff 0000 0008 0001 0000", .truncated, 24),
        ])
    func packetOutLengths(_ malformed: Malformed) throws {
        try malformed.check(behind: "010d000e 00000001 ffffffff ffff")
    }

    @Test("A message of another version is an error")
    func version() throws {
        // What Open vSwitch answers to a hello of 1.3, where only 1.0 is allowed.
        let bytes = ByteBuffer(hex: "04010010 00000000 0000 0000 57652073")
        #expect(throws: OpenFlowError(.badVersion, "version 4, not 1", offset: 0)) {
            try OpenFlow10.Envelope(OpenFlowFrame(bytes))
        }
    }

    @Test("A message that would be longer than 65,535 bytes is not encoded, and leaves the buffer as it was")
    func tooLong() throws {
        var buffer = ByteBuffer(string: "before")
        let data = ByteBuffer(repeating: 0, count: 65_528)
        #expect(throws: OpenFlowError.self) {
            try OpenFlow10.Envelope(xid: 1, .echoRequest(data)).encode(into: &buffer)
        }
        #expect(throws: OpenFlowError.self) {
            try OpenFlow10.Envelope(
                xid: 1, .flowMod(.init(.add, match: .any, actions: [.vendor(.nicira, data: data)]))
            )
            .encode(into: &buffer)
        }
        #expect(buffer == ByteBuffer(string: "before"))
        let longest = ByteBuffer(repeating: 0, count: 65_527)
        #expect(try OpenFlow10.Envelope(xid: 1, .echoRequest(longest)).encoded().readableBytes == 65_535)
    }

    @Test("A hello may have a body, as later versions send it")
    func helloBody() throws {
        let bytes = ByteBuffer(hex: "01000010 00000001 0001 0008 00000010")
        #expect(try OpenFlow10.Envelope(OpenFlowFrame(bytes)) == .init(xid: 1, .hello))
    }
}

/// The end of a message, and what is wrong with it.
struct Malformed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let hex: String
    private let code: OpenFlowError.Code?
    private let offset: Int

    init(_ name: String, _ hex: String, _ code: OpenFlowError.Code?, _ offset: Int) {
        testDescription = name
        self.hex = hex
        self.code = code
        self.offset = offset
    }

    /// Expects the error when this follows the start of a message.
    func check(behind start: String) throws {
        let bytes = ByteBuffer(hex: start + " " + hex)
        let frame = try OpenFlowFrame(bytes.withLength(bytes.readableBytes))
        guard let code else {
            _ = try OpenFlow10.Envelope(frame)
            return
        }
        let error = #expect(throws: OpenFlowError.self) { try OpenFlow10.Envelope(frame) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
    }
}

extension ByteBuffer {
    /// The message with another length in its header.
    func withLength(_ length: Int) -> ByteBuffer {
        var copy = self
        copy.setInteger(UInt16(length), at: 2)
        return copy
    }
}
