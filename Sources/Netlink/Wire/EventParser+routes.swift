import CMnl
import NetTypes

extension EventParser {
    /// A route, or nil if it is of a family or a table that is not followed, or a cache entry.
    func route(_ message: WireMessage) throws(MalformedMessage) -> Route? {
        let header = try message.header(rtmsg.self)
        let flags = RouteFlags(rawValue: header.rtm_flags)
        guard families.contains(number: header.rtm_family), !flags.contains(.cloned) else { return nil }

        var destination: IPAddress?
        var table = UInt32(header.rtm_table)
        var priority: UInt32 = 0
        var nexthopID: UInt32?
        var single = NextHopAttributes(family: header.rtm_family)
        var nextHops: [NextHop]?
        var attributes = message.attributes(after: rtmsg.self)
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case Int(RTA_DST.rawValue): destination = try attribute.address(header.rtm_family)
            case Int(RTA_TABLE.rawValue): table = try attribute.number()
            case Int(RTA_PRIORITY.rawValue): priority = try attribute.number()
            case Int(RTA_NH_ID.rawValue): nexthopID = try attribute.number()
            case Int(RTA_MULTIPATH.rawValue): nextHops = try legs(of: attribute, family: header.rtm_family)
            default: try single.take(attribute)
            }
        }
        if let wanted = self.table, wanted.rawValue != table { return nil }
        return Route(
            prefix: try prefix(destination, header), table: RouteTable(rawValue: table),
            type: RouteType(rawValue: header.rtm_type), priority: priority, tos: header.rtm_tos,
            origin: RouteOrigin(rawValue: header.rtm_protocol), scope: RouteScope(rawValue: header.rtm_scope),
            flags: flags,
            nextHops: nextHops ?? single.nextHop(flags: UInt8(truncatingIfNeeded: header.rtm_flags)).map {
                [$0]
            } ?? [],
            nexthopID: nexthopID)
    }

    private func prefix(_ destination: IPAddress?, _ header: rtmsg) throws(MalformedMessage) -> IPPrefix {
        // The kernel leaves RTA_DST out of a default route, and only there.
        guard destination != nil || header.rtm_dst_len == 0 else { throw MalformedMessage() }
        let unspecified: IPAddress =
            Int32(header.rtm_family) == AF_INET
            ? .v4(IPv4Address(rawValue: 0)) : .v6(IPv6Address(high: 0, low: 0))
        guard let prefix = IPPrefix(destination ?? unspecified, length: Int(header.rtm_dst_len))
        else { throw MalformedMessage() }
        return prefix
    }

    /// The next hops of `RTA_MULTIPATH`: structures with a length of their own, attributes inside.
    private func legs(of attribute: WireAttribute, family: UInt8) throws(MalformedMessage) -> [NextHop] {
        var legs: [NextHop] = []
        var rest = attribute.payload
        while !rest.isEmpty {
            let header = try rest.value(as: rtnexthop.self)
            let headerSize = MemoryLayout<rtnexthop>.size
            let length = Int(header.rtnh_len)
            guard length >= headerSize, length <= rest.count else { throw MalformedMessage() }
            var leg = NextHopAttributes(family: family)
            var attributes = WireAttributes(UnsafeRawBufferPointer(rebasing: rest[headerSize..<length]))
            while let attribute = try attributes.next() { try leg.take(attribute) }
            legs.append(
                NextHop(
                    linkIndex: UInt32(bitPattern: header.rtnh_ifindex), gateway: leg.gateway,
                    weight: UInt32(header.rtnh_hops) + 1, flags: NextHopFlags(rawValue: header.rtnh_flags),
                    encapsulation: leg.encapsulation))
            rest = rest.skipping(length.alignedToFour)
        }
        return legs
    }
}

/// The attributes that a route has in common with a leg of `RTA_MULTIPATH`.
private struct NextHopAttributes {
    let family: UInt8
    var linkIndex: UInt32?
    var gateway: IPAddress?
    var encapsulation: UInt16?

    init(family: UInt8) {
        self.family = family
    }

    mutating func take(_ attribute: WireAttribute) throws(MalformedMessage) {
        switch Int(attribute.type) {
        case Int(RTA_OIF.rawValue): linkIndex = try attribute.number()
        case Int(RTA_GATEWAY.rawValue): gateway = try attribute.address(family)
        case Int(RTA_VIA.rawValue): gateway = try via(attribute)
        case Int(RTA_ENCAP_TYPE.rawValue): encapsulation = try attribute.number()
        default: break
        }
    }

    /// `RTA_VIA`: the family of the gateway, then the gateway (linux/rtnetlink.h, `struct rtvia`).
    private func via(_ attribute: WireAttribute) throws(MalformedMessage) -> IPAddress {
        let family: UInt16 = try attribute.number()
        guard let family = UInt8(exactly: family) else { throw MalformedMessage() }
        return try attribute.payload.skipping(2).address(family)
    }

    /// The single next hop of a route, or nil if it has none.
    func nextHop(flags: UInt8) -> NextHop? {
        guard linkIndex != nil || gateway != nil else { return nil }
        return NextHop(
            linkIndex: linkIndex ?? 0, gateway: gateway, flags: NextHopFlags(rawValue: flags),
            encapsulation: encapsulation)
    }
}
