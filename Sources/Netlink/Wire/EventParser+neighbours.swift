import CMnl
import NetTypes

extension EventParser {
    /// A neighbour, or nil if its family is not followed: the forwarding tables of bridges come as neighbours too.
    func neighbour(_ message: WireMessage) throws(MalformedMessage) -> Neighbour? {
        let header = try message.header(ndmsg.self)
        guard families.contains(number: header.ndm_family) else { return nil }
        var address: IPAddress?
        var linkAddress: MACAddress?
        var flags = UInt32(header.ndm_flags)
        var attributes = message.attributes(after: ndmsg.self)
        while let attribute = try attributes.next() {
            switch Int(attribute.type) {
            case NDA_DST: address = try attribute.address(header.ndm_family)
            case NDA_LLADDR: linkAddress = attribute.hardwareAddress()
            case NDA_FLAGS_EXT: flags |= try attribute.number(as: UInt32.self) << 8
            default: break
            }
        }
        guard let address else { throw MalformedMessage() }
        return Neighbour(
            linkIndex: UInt32(bitPattern: header.ndm_ifindex), address: address, linkAddress: linkAddress,
            state: NeighbourState(rawValue: header.ndm_state), flags: NeighbourFlags(rawValue: flags))
    }
}
