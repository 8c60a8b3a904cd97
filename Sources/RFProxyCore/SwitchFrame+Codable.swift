import NIOCore
import OpenFlow

extension SwitchFrame: Codable {
    /// Decodes the bytes from hexadecimal digits.
    /// - Throws: `DecodingError.dataCorrupted` if they are not one message.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        var buffer = ByteBuffer()
        var digits = Substring(try container.decode(String.self))
        while let octet = UInt8(digits.prefix(2), radix: 16) {
            buffer.writeInteger(octet)
            digits = digits.dropFirst(2)
        }
        var framer = OpenFlowFrameDecoder()
        guard let frame = try framer.decode(buffer: &buffer), buffer.readableBytes == 0 else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "the text is not one OpenFlow message")
        }
        self.init(frame)
    }

    /// Encodes the bytes, header included, as hexadecimal digits.
    public func encode(to encoder: any Encoder) throws {
        var buffer = ByteBuffer()
        frame.header.encode(into: &buffer)
        buffer.writeImmutableBuffer(frame.body)
        var container = encoder.singleValueContainer()
        try container.encode(buffer.hexDump(format: .compact))
    }
}
