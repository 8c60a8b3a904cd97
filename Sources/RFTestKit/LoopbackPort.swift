import Glibc
import Synchronization

/// TCP ports of 127.0.0.1 for servers that a test stops and starts again at the same place.
///
/// They lie below the range from which the kernel takes the source ports of connections (32768 and up,
/// `net.ipv4.ip_local_port_range`). A port out of that range is not the test's any more once its server stopped: another
/// test's connection may get it, and a client that keeps connecting to it may even meet itself (simultaneous open).
public enum LoopbackPort {
    /// Each port of the range is taken.
    public struct NoneFree: Error {}

    private static let range = 12_000..<32_000
    /// Test runs at the same time begin at different places.
    private static let next = Mutex(range.lowerBound + Int(getpid()) * 37 % range.count)

    /// A port that no other call in this process has got, and that nothing listens on.
    public static func free() throws -> Int {
        for _ in range {
            let port = next.withLock { next in
                defer { next = next + 1 < range.upperBound ? next + 1 : range.lowerBound }
                return next
            }
            if isFree(port) { return port }
        }
        throw NoneFree()
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
