public import NetTypes

/// What a datapath sends to the controller, beyond its flows (the original's operation numbers).
public enum DatapathOperation: Int32, Hashable, Codable, Sendable, CaseIterable {
    /// Drop all that no other flow matches.
    case dropAll = 0
    /// Remove all flows.
    case clearFlowTable = 1
    /// Send mapping frames (EtherType 0x0A0A).
    case vmInfo = 2
    /// Send RIPv2 (UDP to 224.0.0.9, port 520).
    case ripV2 = 3
    /// Send OSPF (IP protocol 89).
    case ospf = 4
    /// Send BGP to or from the VM's own addresses.
    case bgp = 5
    /// Send ARP.
    case arp = 6
    /// Send ICMP to the VM's own addresses.
    case icmp = 7
    /// Send everything.
    case all = 8

    /// What a routed datapath needs. BGP and ICMP for the router come by its own addresses.
    public static let routerDefaults: [DatapathOperation] = [.arp, .ospf, .ripV2]
}

/// A datapath is to do one operation (type 3, rfserver to rfproxy).
public struct DatapathConfig: Hashable, Codable, Sendable {
    /// Which datapath.
    public var dpID: DatapathID
    /// Which operation.
    public var operation: DatapathOperation

    /// Orders an operation.
    public init(dpID: DatapathID, operation: DatapathOperation) {
        self.dpID = dpID
        self.operation = operation
    }
}

/// A datapath is connected, and has these ports (type 6, rfproxy to rfserver).
public struct DatapathJoin: Hashable, Codable, Sendable {
    /// One port of a datapath. The local port is never among them.
    public struct Port: Hashable, Codable, Sendable {
        /// The OpenFlow port number.
        public var dpPort: UInt16
        /// The name that the switch gives it.
        public var name: String
        /// True if the port is administratively up and has a link.
        public var isUp: Bool

        /// Describes one port.
        public init(dpPort: UInt16, name: String, isUp: Bool) {
            self.dpPort = dpPort
            self.name = name
            self.isUp = isUp
        }
    }

    /// Which datapath.
    public var dpID: DatapathID
    /// The rfproxy that it is connected to.
    public var ctID: Int32
    /// True for a virtual switch.
    public var isVirtualSwitch: Bool
    /// Its ports, in the order of their numbers.
    public var ports: [Port]
    /// Which of its connections this is: another number means that it was away, whether or not that was heard of.
    public var connection: Int64

    /// Describes a connected datapath.
    public init(
        dpID: DatapathID, ctID: Int32, isVirtualSwitch: Bool, ports: [Port], connection: Int64 = 0
    ) {
        self.dpID = dpID
        self.ctID = ctID
        self.isVirtualSwitch = isVirtualSwitch
        self.ports = ports
        self.connection = connection
    }
}

/// A datapath is no longer connected (type 7, rfproxy to rfserver).
public struct DatapathLeave: Hashable, Codable, Sendable {
    /// Which datapath.
    public var dpID: DatapathID

    /// Reports a datapath as gone.
    public init(dpID: DatapathID) {
        self.dpID = dpID
    }
}

/// Packets pass between this datapath port and this port of a virtual switch (type 14, rfserver to every rfproxy).
///
/// All rfproxies are told all maps: a virtual port that another one passes packets to is not theirs to switch on or off.
public struct PortMap: Hashable, Codable, Sendable {
    /// The datapath.
    public var dpID: DatapathID
    /// Its port.
    public var dpPort: UInt16
    /// The rfproxy that passes the packets: the one that has the datapath.
    public var ctID: Int32
    /// The virtual switch.
    public var vsID: DatapathID
    /// Its port.
    public var vsPort: UInt16
    /// True if they are no longer joined.
    public var isRemoval: Bool

    /// Joins two ports, or parts them.
    public init(
        dpID: DatapathID, dpPort: UInt16, ctID: Int32 = 0, vsID: DatapathID, vsPort: UInt16,
        isRemoval: Bool = false
    ) {
        self.dpID = dpID
        self.dpPort = dpPort
        self.ctID = ctID
        self.vsID = vsID
        self.vsPort = vsPort
        self.isRemoval = isRemoval
    }
}

/// An rfproxy is a datapath's master: it alone writes flows there, and passes packets (type 20, rfserver to rfproxy).
///
/// A switch may be connected to several rfproxies, and two that write to it would undo each other's work. One that is not
/// granted the datapath, or no longer, keeps its connection, and changes nothing.
public struct DatapathGrant: Hashable, Codable, Sendable {
    /// Which datapath.
    public var dpID: DatapathID
    /// To which rfproxy.
    public var ctID: Int32
    /// Another number than before means that somebody else may have had it meanwhile, even if that was not heard of: what is
    /// known of the switch has to be read again.
    public var turn: Int64
    /// True if it is the rfproxy's no longer.
    public var isRemoval: Bool

    /// Grants a datapath to an rfproxy, or takes it away.
    public init(dpID: DatapathID, ctID: Int32, turn: Int64 = 0, isRemoval: Bool = false) {
        self.dpID = dpID
        self.ctID = ctID
        self.turn = turn
        self.isRemoval = isRemoval
    }
}

/// rfserver has said every flow that a datapath is to have: what else is there may go (type 15, rfserver to rfproxy).
///
/// rfserver says so only when each VM that is mapped to the datapath has said its whole state, or is gone.
public struct TableComplete: Hashable, Codable, Sendable {
    /// Which datapath.
    public var dpID: DatapathID
    /// True if this no longer holds: nothing may be deleted but what is withdrawn by name.
    public var isRemoval: Bool

    /// Declares a datapath's flows complete, or incomplete.
    public init(dpID: DatapathID, isRemoval: Bool = false) {
        self.dpID = dpID
        self.isRemoval = isRemoval
    }
}
