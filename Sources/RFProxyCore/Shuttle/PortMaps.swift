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

    /// Joins two ports, and parts them from any others.
    mutating func join(_ port: PortID, _ virtual: PortID) {
        guard partners[port] != virtual else { return }
        part(port)
        part(virtual)
        partners[port] = virtual
        partners[virtual] = port
    }

    /// Parts a port from its partner.
    mutating func part(_ port: PortID) {
        guard let partner = partners.removeValue(forKey: port) else { return }
        partners[partner] = nil
    }
}

/// All that rfserver has said of which ports belong together, whichever rfproxy passes their packets.
struct KnownMaps: Sendable {
    /// The other side of a datapath port, and who passes the packets.
    struct Map: Hashable, Sendable {
        var virtual: PortID
        var ctID: Int32
    }

    private var maps: [PortID: Map] = [:]
    /// The datapath port that each virtual port was mapped to last.
    private var holders: [PortID: PortID] = [:]
    /// How many ports of each datapath something is said of.
    private var counts: [DatapathID: Int] = [:]

    /// What is said of a datapath port.
    subscript(port: PortID) -> Map? { maps[port] }

    /// The datapath ports of which something is said.
    var ports: [PortID] { Array(maps.keys) }

    /// True if a virtual port is some datapath port's, here or elsewhere.
    func isMapped(_ virtual: PortID) -> Bool { holders[virtual] != nil }

    /// True if something is said of a port of this datapath.
    func names(_ datapath: DatapathID) -> Bool { counts[datapath] != nil }

    /// True if a port of either side is mapped.
    func knows(_ port: PortID) -> Bool { maps[port] != nil || holders[port] != nil }

    /// Takes what is said. Returns the virtual port that it was before, if that is another.
    mutating func set(_ port: PortID, _ map: Map) -> PortID? {
        let former = remove(port)
        maps[port] = map
        counts[port.datapath, default: 0] += 1
        holders[map.virtual] = port
        return former == map.virtual ? nil : former
    }

    /// Nothing is said any more. Returns the virtual port that it was.
    mutating func remove(_ port: PortID) -> PortID? {
        guard let map = maps.removeValue(forKey: port) else { return nil }
        let rest = counts[port.datapath, default: 0] - 1
        counts[port.datapath] = rest > 0 ? rest : nil
        if holders[map.virtual] == port { holders[map.virtual] = nil }
        return map.virtual
    }
}
