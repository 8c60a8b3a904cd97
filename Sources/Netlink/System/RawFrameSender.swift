import CMnl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Sends Ethernet frames as they are (packet(7)). Its socket receives nothing, and is closed when its owner goes.
///
/// It belongs to the network namespace of the thread that makes it.
public final class RawFrameSender: Sendable {
    private let descriptor: Int32

    /// Opens the socket.
    /// - Throws: `NetlinkError` with the code `setup`: it takes `CAP_NET_RAW`.
    public init() throws(NetlinkError) {
        // Protocol 0: no frame that arrives is ever queued for this socket.
        descriptor = socket(
            AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .system(.setup, "cannot open a packet socket") }
    }

    deinit {
        close(descriptor)
    }

    /// Sends a frame out of an interface. It never waits: a full queue is an error too, and the caller tries again later.
    /// - Parameters:
    ///   - frame: The frame from its destination address to the end of its payload, without the check sequence.
    ///   - linkIndex: The interface.
    /// - Throws: `NetlinkError` with the code `send`, for example `ENETDOWN` if the interface is down.
    public func send(_ frame: [UInt8], linkIndex: UInt32) throws(NetlinkError) {
        var target = sockaddr_ll()
        target.sll_family = UInt16(AF_PACKET)
        target.sll_ifindex = Int32(bitPattern: linkIndex)
        let size = socklen_t(MemoryLayout<sockaddr_ll>.size)
        let count = withUnsafePointer(to: &target) { target in
            target.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, frame, frame.count, 0, $0, size)
            }
        }
        guard count == frame.count else {
            throw .system(.send, "cannot send a frame out of interface \(linkIndex)")
        }
    }
}
