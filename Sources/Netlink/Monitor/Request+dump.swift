import CMnl

extension DumpKind {
    /// True if a dump is of one version of IP.
    var hasFamilies: Bool {
        switch self {
        case .links, .nexthops: false
        case .addresses, .routes, .neighbours: true
        }
    }
}

extension Request {
    /// A request for a dump. With `NETLINK_GET_STRICT_CHK` each field that is not a filter has to be zero.
    static func dump(_ kind: DumpKind, family: UInt8, table: RouteTable?, sequence: UInt32) -> Request {
        switch kind {
        case .links:
            var request = Request(type: RTM_GETLINK, flags: NLM_F_DUMP, sequence: sequence)
            request.put(header: ifinfomsg())
            // The counters of each interface are nobody's business here, and are large.
            request.put(IFLA_EXT_MASK, UInt32(RTEXT_FILTER_SKIP_STATS))
            return request
        case .addresses:
            var request = Request(type: RTM_GETADDR, flags: NLM_F_DUMP, sequence: sequence)
            request.put(header: with(ifaddrmsg()) { $0.ifa_family = family })
            return request
        case .nexthops:
            var request = Request(type: RTM_GETNEXTHOP, flags: NLM_F_DUMP, sequence: sequence)
            request.put(header: nhmsg())
            return request
        case .routes:
            var request = Request(type: RTM_GETROUTE, flags: NLM_F_DUMP, sequence: sequence)
            request.put(header: with(rtmsg()) { $0.rtm_family = family })
            if let table { request.put(Int(RTA_TABLE.rawValue), table.rawValue) }
            return request
        case .neighbours:
            var request = Request(type: RTM_GETNEIGH, flags: NLM_F_DUMP, sequence: sequence)
            request.put(header: with(ndmsg()) { $0.ndm_family = family })
            return request
        }
    }
}

/// The value after a change.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
