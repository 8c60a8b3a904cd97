import NetTypes

/// A port of a switch.
struct PortID: Hashable, Sendable {
    var datapath: DatapathID
    var port: UInt16

    init(_ datapath: DatapathID, _ port: UInt16) {
        self.datapath = datapath
        self.port = port
    }
}

/// Which datapath port and which virtual port are one router port.
struct PortMaps: Sendable {
    private var partners: [PortID: PortID] = [:]

    /// The other side of a port.
    subscript(port: PortID) -> PortID? { partners[port] }

    /// The datapath ports that are joined to something.
    var datapathPorts: [PortID] { partners.keys.filter { !$0.datapath.isVirtualSwitch } }

    /// Joins two ports, and parts them from any others. Returns the virtual ports that are no longer joined.
    mutating func join(_ port: PortID, _ virtual: PortID) -> [PortID] {
        guard partners[port] != virtual else { return [] }
        let parted = [part(port), part(virtual).map { _ in virtual }].compactMap { $0 }
        partners[port] = virtual
        partners[virtual] = port
        return parted.filter { $0 != virtual }
    }

    /// Parts a port from its partner. Returns the partner.
    mutating func part(_ port: PortID) -> PortID? {
        guard let partner = partners.removeValue(forKey: port) else { return nil }
        partners[partner] = nil
        return partner
    }
}
