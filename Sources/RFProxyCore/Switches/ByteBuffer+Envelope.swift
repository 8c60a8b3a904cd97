import NIOCore
import OpenFlow

extension ByteBuffer {
    /// Appends a message that is known to fit into one: what rfproxy makes itself is short.
    ///
    /// One that does not, such as an echo of 64 KiB that was sent back with a longer header, is left out.
    mutating func write(_ envelope: OpenFlow10.Envelope) {
        do {
            try envelope.encode(into: &self)
        } catch {
            assert(error.code == .tooLong)
        }
    }
}
