public import NIOCore

/// One message of any version: its header, and its body not yet looked at.
public struct OpenFlowFrame: Hashable, Sendable {
    /// The first eight bytes.
    public var header: OpenFlowHeader
    /// What follows the header: `header.length - 8` bytes, a slice of what was received.
    public var body: ByteBuffer

    /// Creates a frame; the body should have `header.length - 8` bytes.
    public init(header: OpenFlowHeader, body: ByteBuffer) {
        self.header = header
        self.body = body
    }
}

/// Cuts a stream of bytes into messages by the length in their headers.
///
/// Knows no version: a peer's hello may name a newer one than anybody here speaks.
public struct OpenFlowFrameDecoder: NIOSingleStepByteToMessageDecoder {
    /// A frame for each message.
    public typealias InboundOut = OpenFlowFrame

    /// The most bytes that a message may have, header included.
    public let maximumLength: Int

    /// Creates a decoder that refuses messages of more than `maximumLength` bytes, header included.
    public init(maximumLength: Int = Int(UInt16.max)) {
        self.maximumLength = maximumLength
    }

    /// Takes the next message from the buffer, or nothing if it is not complete.
    /// - Throws: `OpenFlowError` as soon as a header says less than eight or more than `maximumLength` bytes.
    ///   Where the next message begins is then unknown: the connection is of no more use.
    public mutating func decode(buffer: inout ByteBuffer) throws(OpenFlowError) -> OpenFlowFrame? {
        guard let header = OpenFlowHeader(peeking: buffer) else { return nil }
        let length = Int(header.length)
        guard length >= OpenFlowHeader.size else {
            throw OpenFlowError(.badLength, "message of \(length) bytes, shorter than its header", offset: 2)
        }
        guard length <= maximumLength else {
            throw OpenFlowError(.tooLong, "message of \(length) bytes, \(maximumLength) allowed", offset: 2)
        }
        guard var body = buffer.readSlice(length: length) else { return nil }
        body.moveReaderIndex(forwardBy: OpenFlowHeader.size)
        return OpenFlowFrame(header: header, body: body)
    }

    /// As `decode(buffer:)`: a message that the end of the stream cuts off is none.
    public mutating func decodeLast(
        buffer: inout ByteBuffer, seenEOF: Bool
    ) throws(OpenFlowError) -> OpenFlowFrame? {
        try decode(buffer: &buffer)
    }
}
