import CMnl
import NetTypes

/// What the kernel can be ordered to do.
enum Order {
    case neighbour(UInt32, IPAddress, flags: NeighbourFlags, isNew: Bool)
    case removal(UInt32, IPAddress)
    case linkAddress(UInt32, MACAddress)
    case linkUp(UInt32, Bool)

    /// The order as a request that the kernel answers.
    func request(sequence: UInt32) -> Request {
        switch self {
        case .neighbour(let link, let address, let flags, let isNew):
            let modifiers = NLM_F_ACK | NLM_F_REPLACE | (isNew ? NLM_F_CREATE : 0)
            var request = Request(type: RTM_NEWNEIGH, flags: modifiers, sequence: sequence)
            request.put(header: Self.header(link, address, flags: UInt8(truncatingIfNeeded: flags.rawValue)))
            request.put(NDA_DST, address.bytes)
            if flags.rawValue >> 8 != 0 { request.put(NDA_FLAGS_EXT, flags.rawValue >> 8) }
            return request
        case .removal(let link, let address):
            var request = Request(type: RTM_DELNEIGH, flags: NLM_F_ACK, sequence: sequence)
            request.put(header: Self.header(link, address, flags: 0))
            request.put(NDA_DST, address.bytes)
            return request
        case .linkAddress(let link, let address):
            var request = Request(type: RTM_SETLINK, flags: NLM_F_ACK, sequence: sequence)
            request.put(header: with(ifinfomsg()) { $0.ifi_index = Int32(bitPattern: link) })
            request.put(IFLA_ADDRESS, address.bytes)
            return request
        case .linkUp(let link, let isUp):
            var request = Request(type: RTM_SETLINK, flags: NLM_F_ACK, sequence: sequence)
            request.put(
                header: with(ifinfomsg()) {
                    $0.ifi_index = Int32(bitPattern: link)
                    $0.ifi_flags = isUp ? LinkFlags.up.rawValue : 0
                    $0.ifi_change = LinkFlags.up.rawValue
                })
            return request
        }
    }

    private static func header(_ link: UInt32, _ address: IPAddress, flags: UInt8) -> ndmsg {
        with(ndmsg()) {
            $0.ndm_family = UInt8(address.v4 == nil ? AF_INET6 : AF_INET)
            $0.ndm_ifindex = Int32(bitPattern: link)
            $0.ndm_flags = flags
        }
    }
}

extension Order: CustomStringConvertible {
    /// The order for people: what stands behind "the kernel refused".
    var description: String {
        switch self {
        case .neighbour(let link, let address, let flags, _):
            "to \(flags.contains(.managed) ? "manage" : "probe") neighbour \(address) on interface \(link)"
        case .removal(let link, let address): "to remove neighbour \(address) from interface \(link)"
        case .linkAddress(let link, let address): "to give interface \(link) the address \(address)"
        case .linkUp(let link, let isUp): "to switch interface \(link) \(isUp ? "on" : "off")"
        }
    }
}
