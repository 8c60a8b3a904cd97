import CMnl
import NetTypes

extension EventParser {
    /// A nexthop object. Its family is not looked at: an IPv6 gateway may serve IPv4 routes, and groups have none.
    func nexthop(_ message: WireMessage) throws(MalformedMessage) -> NexthopObject {
        let header = try message.header(nhmsg.self)
        var id: UInt32?
        var nextHop = NextHop(
            linkIndex: 0, flags: NextHopFlags(rawValue: UInt8(truncatingIfNeeded: header.nh_flags)))
        var members: [NexthopObject.Member]?
        var isBlackhole = false
        var attributes = message.attributes(after: nhmsg.self)
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case NHA_ID: id = try attribute.number()
            case NHA_GROUP: members = try self.members(attribute)
            case NHA_BLACKHOLE: isBlackhole = true
            case NHA_OIF: nextHop.linkIndex = try attribute.number()
            case NHA_GATEWAY: nextHop.gateway = try attribute.address(header.nh_family)
            case NHA_ENCAP_TYPE: nextHop.encapsulation = try attribute.number()
            default: break
            }
        }
        guard let id else { throw MalformedMessage() }
        let target: NexthopObject.Target =
            isBlackhole ? .blackhole : members.map { .group($0) } ?? .nextHop(nextHop)
        return NexthopObject(id: id, target: target, origin: RouteOrigin(rawValue: header.nh_protocol))
    }

    /// `NHA_GROUP`: an array of `struct nexthop_grp`. The octet behind the weight is its upper half in newer kernels
    /// (and zero in older ones, whose header calls it reserved), so the fields are read by offset.
    private func members(_ attribute: WireAttribute) throws(MalformedMessage) -> [NexthopObject.Member] {
        let size = MemoryLayout<nexthop_grp>.size
        guard attribute.payload.count.isMultiple(of: size) else { throw MalformedMessage() }
        return stride(from: 0, to: attribute.payload.count, by: size).map { offset in
            let weight = UInt32(attribute.payload[offset + 4]) | UInt32(attribute.payload[offset + 5]) << 8
            return NexthopObject.Member(
                id: attribute.payload.loadUnaligned(fromByteOffset: offset, as: UInt32.self),
                weight: weight + 1)
        }
    }
}
