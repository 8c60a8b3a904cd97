import NetTypes
import Netlink
import RFLib

/// Gives the data ports the address that rfserver orders, only where it differs: setting one flushes the interface's
/// neighbours.
struct PortAddresses: Sendable {
    /// What the kernel has been asked for and has not yet shown.
    private var asked: [UInt32: MACAddress] = [:]
    /// When what the kernel refused is tried again.
    private(set) var deadline: Instant?

    /// The interfaces whose address has to be set now.
    mutating func due(_ address: MACAddress?, _ links: LinkTable, at now: Instant) -> [UInt32] {
        if let deadline, deadline <= now {
            self.deadline = nil
            asked = [:]
        }
        guard let address else { return [] }
        asked = asked.filter { index, wanted in
            links.ports[index] != nil && wanted == address && links.links[index]?.address != address
        }
        return links.ports.keys.sorted().filter { index in
            guard links.links[index]?.address != address, asked[index] == nil else { return false }
            asked[index] = address
            return true
        }
    }

    /// The kernel refused: another try later.
    mutating func refused(at now: Instant) {
        if deadline == nil { deadline = now.advanced(by: .seconds(5)) }
    }
}
