import NetTypes

/// The neighbours on connected subnets that have a flow of their own, up to a limit.
///
/// Neighbour tables are shared by all containers of a machine, and whoever sends with many addresses fills them: a host
/// beyond the limit is reached through the subnet's punt flow until another leaves.
struct HostTable: Sendable {
    /// How a host is reached.
    struct Host: Hashable, Sendable {
        var linkIndex: UInt32
        var port: UInt8
        var linkAddress: MACAddress
    }

    let limit: Int
    private(set) var hosts: [IPv4Address: Host] = [:]
    private(set) var waiting: Set<IPv4Address> = []

    init(limit: Int) {
        self.limit = limit
    }

    /// What setting a host came to.
    enum Result: Equatable {
        case unchanged
        case changed
        /// There is no room.
        case refused
    }

    /// Sets how a host is reached; nil if it is none any more.
    mutating func set(_ address: IPv4Address, _ host: Host?) -> Result {
        let old = hosts[address]
        guard let host else {
            waiting.remove(address)
            hosts[address] = nil
            return old == nil ? .unchanged : .changed
        }
        if old == nil, hosts.count >= limit {
            return waiting.insert(address).inserted ? .refused : .unchanged
        }
        waiting.remove(address)
        hosts[address] = host
        return old == host ? .unchanged : .changed
    }

    /// A host that waits and for which there is room now.
    var next: IPv4Address? { hosts.count < limit ? waiting.min() : nil }
}
