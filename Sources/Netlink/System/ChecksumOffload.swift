import CMnl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The transmit checksum offload of an interface (ethtool(8), `-K IFACE tx`).
///
/// A virtual cable never computes the checksum that it is left to compute. A switch in user space passes such packets on as they are,
/// and the far end drops them: pings pass, TCP does not.
struct ChecksumOffload: ~Copyable {
    private let descriptor: Int32

    /// - Throws: `NetlinkError` with the code `setup`.
    init() throws(NetlinkError) {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(.setup, "cannot open a socket for interface settings") }
    }

    deinit {
        close(descriptor)
    }

    /// True if the interface leaves checksums to its hardware.
    /// - Throws: `NetlinkError` with the code `setting`.
    func isOn(_ interface: String) throws(NetlinkError) -> Bool {
        try run(UInt32(ETHTOOL_GTXCSUM), 0, interface) != 0
    }

    /// Switches it off. TCP segmentation offload, which depends on it, goes with it.
    /// - Throws: `NetlinkError` with the code `setting`.
    func switchOff(_ interface: String) throws(NetlinkError) {
        _ = try run(UInt32(ETHTOOL_STXCSUM), 0, interface)
    }

    private func run(_ command: UInt32, _ value: UInt32, _ interface: String) throws(NetlinkError) -> UInt32 {
        var value = value
        let number = rf_ethtool_value(descriptor, interface, command, &value)
        guard number == 0 else {
            throw NetlinkError(
                .setting, errno: number,
                "cannot read or switch off the transmit checksum offload of \(interface)")
        }
        return value
    }
}
