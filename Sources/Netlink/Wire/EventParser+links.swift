import CMnl
import NetTypes

extension EventParser {
    /// A link, or nil if the message tells of a bridge's port: those have the family `AF_BRIDGE`, and their
    /// `RTM_DELLINK` means only that the interface has left the bridge.
    func link(_ message: WireMessage) throws(MalformedMessage) -> Link? {
        let header = try message.header(ifinfomsg.self)
        guard header.ifi_family == AF_UNSPEC else { return nil }
        var link = Link(
            index: UInt32(bitPattern: header.ifi_index), name: "",
            flags: LinkFlags(rawValue: header.ifi_flags), mtu: 0)
        var attributes = message.attributes(after: ifinfomsg.self)
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case IFLA_IFNAME: link.name = attribute.text()
            case IFLA_ADDRESS: link.address = attribute.hardwareAddress()
            case IFLA_OPERSTATE:
                link.operationalState = OperationalState(rawValue: try attribute.number())
            case IFLA_MTU: link.mtu = try attribute.number()
            case IFLA_MASTER: link.master = try attribute.number()
            case IFLA_LINKINFO: link.kind = try kind(in: attribute)
            default: break
            }
        }
        return link
    }

    private func kind(in information: WireAttribute) throws(MalformedMessage) -> String? {
        var attributes = WireAttributes(information.payload)
        while let attribute = try attributes.next() {
            if Int(attribute.type) == IFLA_INFO_KIND { return attribute.text() }
        }
        return nil
    }

    /// An interface's address, or nil if its family is not followed.
    func address(_ message: WireMessage) throws(MalformedMessage) -> InterfaceAddress? {
        let header = try message.header(ifaddrmsg.self)
        guard families.contains(number: header.ifa_family) else { return nil }
        var local: IPAddress?
        var address: IPAddress?
        var flags = UInt32(header.ifa_flags)
        var attributes = message.attributes(after: ifaddrmsg.self)
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case IFA_LOCAL: local = try attribute.address(header.ifa_family)
            case IFA_ADDRESS: address = try attribute.address(header.ifa_family)
            case IFA_FLAGS: flags = try attribute.number()
            default: break
            }
        }
        // IPv4 sends both; they differ on point-to-point links, where IFA_ADDRESS is the far end (linux/if_addr.h).
        guard let own = local ?? address, IPPrefix(own, length: Int(header.ifa_prefixlen)) != nil
        else { throw MalformedMessage() }
        return InterfaceAddress(
            linkIndex: header.ifa_index, address: own, prefixLength: header.ifa_prefixlen,
            peer: address == own ? nil : address, scope: RouteScope(rawValue: header.ifa_scope),
            flags: AddressFlags(rawValue: flags))
    }
}
