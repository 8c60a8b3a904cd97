import NetTypes

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The addresses of this network namespace's interfaces (getifaddrs(3)), freed when their owner goes.
struct InterfaceAddresses: ~Copyable {
    private let first: UnsafeMutablePointer<ifaddrs>?

    /// Takes them as they are now; none if the system cannot say.
    init() {
        var first: UnsafeMutablePointer<ifaddrs>?
        self.first = getifaddrs(&first) == 0 ? first : nil
    }

    deinit {
        freeifaddrs(first)
    }

    /// The Ethernet address of the interface with this name, or nil if there is none.
    func linkAddress(of name: String) -> MACAddress? {
        var next = first
        while let entry = next {
            if let address = linkAddress(in: entry.pointee), String(cString: entry.pointee.ifa_name) == name {
                return address
            }
            next = entry.pointee.ifa_next
        }
        return nil
    }

    /// Link addresses come as `struct sockaddr_ll` (packet(7)): the length in octet 11, the address from octet 12 on.
    private func linkAddress(in entry: ifaddrs) -> MACAddress? {
        guard let address = entry.ifa_addr, address.pointee.sa_family == AF_PACKET else { return nil }
        let octets = UnsafeRawBufferPointer(start: address, count: 20)
        return octets[11] == 6 ? MACAddress(bytes: octets[12..<18]) : nil
    }
}
