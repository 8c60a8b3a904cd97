import NIOCore
import NetTypes
import RFLib

extension FuzzTarget {
    /// A frame that may announce a VM's port: read the same from whatever holds it, and written as it was read.
    static let mappingFrame = FuzzTarget(name: "mapping-frame", longest: 128) { input in
        let bytes = Array(input)
        let frame = MappingFrame(bytes: bytes)
        var buffer = ByteBuffer(repeating: 0x0A, count: 7)
        buffer.writeBytes(bytes)
        buffer.moveReaderIndex(forwardBy: 7)
        try expect(MappingFrame(bytes: buffer.readableBytesView) == frame, "a buffer holds another frame")
        let slice = ([0x0A] + bytes + [0x0A]).dropFirst().dropLast()
        try expect(MappingFrame(bytes: slice) == frame, "a slice holds another frame")
        guard let frame else { return }
        try expect(bytes.count >= length, "\(bytes.count) bytes are a frame")
        try expect((1...255).contains(frame.vmPort) && frame.vmID.rawValue != 0, "an impossible VM or port")
        let written = frame.bytes
        try expect(written.count == 60, "\(written.count) bytes are written")
        // The destination is not looked at; what follows the token is padding.
        try expect(written[6..<length] == bytes[6..<length], "written otherwise than read")
        try expect(MappingFrame(bytes: written) == frame, "read otherwise than written")
        try expect(MappingFrame(bytes: bytes.prefix(length - 1)) == nil, "a frame without its end is one")
    }
}

/// Two addresses, the EtherType, `vm_id`, `vm_port`, the token.
private let length = 6 + 6 + 2 + 8 + 1 + 8
