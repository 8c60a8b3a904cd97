import NIOCore
import NetTypes

/// A structure of the wire with a layout of its own.
protocol WireStructure {
    /// Takes the structure from the front of what is left.
    init(from reader: inout WireReader) throws(OpenFlowError)
    /// Appends the structure in network byte order.
    func write(to buffer: inout ByteBuffer)
}

/// Reads network byte order from the front of some bytes, and knows where in the message it is.
struct WireReader {
    private var bytes: ByteBuffer
    /// What a reader index must grow by to count from the message's first byte.
    private let base: Int

    /// Reads bytes of which the first is at an offset from the start of the message.
    init(_ bytes: ByteBuffer, offset: Int) {
        self.bytes = bytes
        self.base = offset - bytes.readerIndex
    }

    var offset: Int { base + bytes.readerIndex }
    var count: Int { bytes.readableBytes }

    mutating func integer<Number: FixedWidthInteger>(
        as type: Number.Type = Number.self
    ) throws(OpenFlowError) -> Number {
        guard let number = bytes.readInteger(as: type) else { throw truncated }
        return number
    }

    mutating func macAddress() throws(OpenFlowError) -> MACAddress {
        guard let (high, low) = bytes.readMultipleIntegers(as: (UInt16, UInt32).self) else { throw truncated }
        return MACAddress(rawValue: UInt64(high) << 32 | UInt64(low))
    }

    /// Text in a field of fixed size, up to its first zero byte, which the last is taken for. If it is not UTF-8,
    /// question marks stand for all that is not ASCII.
    mutating func text(size: Int) throws(OpenFlowError) -> String {
        let characters = try slice(size).readableBytesView.dropLast().prefix { $0 != 0 }
        return String(validating: characters, as: UTF8.self)
            ?? String(decoding: characters.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// Padding, of which the content does not matter.
    mutating func skip(_ size: Int) throws(OpenFlowError) {
        guard size <= count else { throw truncated }
        bytes.moveReaderIndex(forwardBy: size)
    }

    /// The next bytes, not copied.
    mutating func slice(_ size: Int) throws(OpenFlowError) -> ByteBuffer {
        guard let slice = bytes.readSlice(length: size) else { throw truncated }
        return slice
    }

    /// All that is left, not copied.
    mutating func rest() -> ByteBuffer {
        let rest = bytes.slice()
        bytes.moveReaderIndex(to: bytes.writerIndex)
        return rest
    }

    /// A reader of only the next bytes, for a structure that says its own length.
    mutating func nested(_ size: Int) throws(OpenFlowError) -> WireReader {
        let start = offset
        return WireReader(try slice(size), offset: start)
    }

    /// Structures until nothing is left. Each takes at least one byte, so there is an end.
    mutating func list<Element: WireStructure>(of type: Element.Type) throws(OpenFlowError) -> [Element] {
        var elements: [Element] = []
        while count > 0 {
            elements.append(try Element(from: &self))
        }
        return elements
    }

    /// The next integer, not taken; nil if there are not enough bytes.
    func peek<Number: FixedWidthInteger>(at distance: Int, as type: Number.Type) -> Number? {
        bytes.getInteger(at: bytes.readerIndex + distance, as: type)
    }

    /// Insists that nothing is left.
    func end() throws(OpenFlowError) {
        guard count == 0 else {
            throw OpenFlowError(.badLength, "\(count) bytes too many", offset: offset)
        }
    }

    func badLength(_ message: String) -> OpenFlowError {
        OpenFlowError(.badLength, message, offset: offset)
    }

    private var truncated: OpenFlowError {
        OpenFlowError(.truncated, "ends too early", offset: offset + count)
    }
}
