import NetTypes
import RFLib
import Testing

@Suite("Mapping frames")
struct MappingFrameTests {
    private let frame = MappingFrame(
        source: MACAddress(rawValue: 0x0201_0000_00A1), vmID: VMID(rawValue: 0x0200_0000_00A1), vmPort: 3,
        token: 0x0102_0304_0506_0708)

    @Test("the bytes are those of the original, with the token after them, big-endian (trap 23)")
    func bytes() {
        #expect(
            Array(frame.bytes.prefix(31)) == [
                0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0xA1, 0x0A, 0x0A,
                0, 0, 2, 0, 0, 0, 0, 0xA1, 3, 1, 2, 3, 4, 5, 6, 7, 8,
            ])
        #expect(frame.bytes.count == 60)
    }

    @Test(
        "a frame of any length is read or refused, padded ones too (trap 22)",
        arguments: [0, 1, 13, 14, 22, 30, 31, 60, 64, 1514])
    func anyLength(length: Int) {
        let bytes = Array((frame.bytes + [UInt8](repeating: 0xEE, count: 2000)).prefix(length))
        #expect(MappingFrame(bytes: bytes) == (length >= 31 ? frame : nil))
    }

    @Test("another EtherType, port 0 and an id beyond 48 bits are refused")
    func refused() {
        for (offset, value) in [(12, UInt8(8)), (22, 0), (14, 1)] {
            var bytes = frame.bytes
            bytes[offset] = value
            #expect(MappingFrame(bytes: bytes) == nil)
        }
    }
}
