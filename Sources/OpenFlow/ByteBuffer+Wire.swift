import NIOCore
import NetTypes

extension ByteBuffer {
    mutating func write(_ address: MACAddress) {
        writeMultipleIntegers(
            UInt16(truncatingIfNeeded: address.rawValue >> 32), UInt32(truncatingIfNeeded: address.rawValue))
    }

    mutating func writeZeros(_ count: Int) {
        writeRepeatingByte(0, count: count)
    }

    /// Text in a field of fixed size: cut to leave at least one zero byte, as receivers expect a C string.
    mutating func write(_ text: String, size: Int) {
        var text = Substring(text)
        while text.utf8.count >= size { text.removeLast() }
        writeZeros(size - writeSubstring(text))
    }

    mutating func write(_ structures: [some WireStructure]) {
        for structure in structures { structure.write(to: &self) }
    }

    /// Writes what `body` writes, then the number of its bytes into the 16 bits `position` bytes after its start.
    ///
    /// A length beyond 16 bits is cut: the message around it is then too long as well, and refused as a whole.
    mutating func writeMeasured(lengthAt position: Int, _ body: (inout ByteBuffer) -> Void) {
        let start = writerIndex
        body(&self)
        setInteger(UInt16(truncatingIfNeeded: writerIndex - start), at: start + position)
    }
}
