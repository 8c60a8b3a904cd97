public import NetTypes

/// What is said of a prefix.
public struct PrefixWord: Hashable, Codable, Sendable {
    /// The prefix.
    public var prefix: IPPrefix
    /// What becomes of packets to it, in terms of the VM's ports.
    public var forwarding: Forwarding

    /// Repeats what is said of a prefix.
    public init(prefix: IPPrefix, forwarding: Forwarding) {
        self.prefix = prefix
        self.forwarding = forwarding
    }
}

/// What an rfclient knows.
public struct ClientReport: Hashable, Codable, Sendable {
    /// A data port of the VM.
    public struct Port: Hashable, Codable, Sendable {
        /// Its number and the interface's name.
        public var number: UInt8
        public var name: String
        /// True if it is switched on and has a carrier.
        public var isUp: Bool

        public init(number: UInt8, name: String, isUp: Bool) {
            self.number = number
            self.name = name
            self.isUp = isUp
        }
    }

    /// One next hop of the kernel's choice.
    public struct NextHop: Hashable, Codable, Sendable {
        /// The gateway; nil for neighbours of the interface itself.
        public var gateway: IPAddress?
        /// The interface.
        public var interface: String
        /// False if the kernel does not use it: the interface is down.
        public var isLive: Bool
        /// The gateway's MAC address, if it is resolved.
        public var linkAddress: MACAddress?
        /// The kernel's state of the gateway, as `ip neigh` names it; empty if there is no entry.
        public var state: String

        public init(
            gateway: IPAddress?, interface: String, isLive: Bool, linkAddress: MACAddress?, state: String
        ) {
            self.gateway = gateway
            self.interface = interface
            self.isLive = isLive
            self.linkAddress = linkAddress
            self.state = state
        }
    }

    /// The kernel's route for an address.
    public struct Route: Hashable, Codable, Sendable {
        /// Its prefix and metric.
        public var prefix: IPPrefix
        public var metric: UInt32
        /// `unicast`, `blackhole` and so on.
        public var type: String
        /// Its next hops, nexthop objects followed.
        public var nextHops: [NextHop]
        /// Why a next hop can never be resolved, if so.
        public var obstacle: String?

        public init(
            prefix: IPPrefix, metric: UInt32, type: String, nextHops: [NextHop], obstacle: String?
        ) {
            self.prefix = prefix
            self.metric = metric
            self.type = type
            self.nextHops = nextHops
            self.obstacle = obstacle
        }
    }

    /// The VM, its host name, and this incarnation of its rfclient.
    public var vmID: VMID
    public var hostName: String
    public var epoch: Int64
    /// True if rfserver has accepted it.
    public var isAccepted: Bool
    public var ports: [Port]
    /// How many prefixes something is said of.
    public var prefixes: Int
    /// The kernel's route for the destination, if one was asked for and there is one.
    public var route: Route?
    /// The destination itself, if it is a known neighbour of a data port.
    public var neighbour: NextHop?
    /// What is said of the longest prefix that holds the destination.
    public var word: PrefixWord?

    public init(
        vmID: VMID, hostName: String, epoch: Int64, isAccepted: Bool, ports: [Port], prefixes: Int,
        route: Route? = nil, neighbour: NextHop? = nil, word: PrefixWord? = nil
    ) {
        self.vmID = vmID
        self.hostName = hostName
        self.epoch = epoch
        self.isAccepted = isAccepted
        self.ports = ports
        self.prefixes = prefixes
        self.route = route
        self.neighbour = neighbour
        self.word = word
    }
}

/// What rfserver knows.
public struct ServerReport: Hashable, Codable, Sendable {
    /// A VM.
    public struct VM: Hashable, Codable, Sendable {
        public var vmID: VMID
        /// False if it has been silent for too long, or has never registered.
        public var isRegistered: Bool
        /// True if it has said its whole state to this rfserver.
        public var isInStep: Bool
        /// How many prefixes it has said something of.
        public var prefixes: Int
        /// Its data ports by number, and whether each has been seen on the virtual switch since the VM registered.
        public var ports: [UInt8: Bool]
        /// Why it may not take part, if so.
        public var refusal: String?

        public init(
            vmID: VMID, isRegistered: Bool, isInStep: Bool, prefixes: Int, ports: [UInt8: Bool],
            refusal: String?
        ) {
            self.vmID = vmID
            self.isRegistered = isRegistered
            self.isInStep = isInStep
            self.prefixes = prefixes
            self.ports = ports
            self.refusal = refusal
        }
    }

    /// A row of the mapping file.
    public struct NamedPort: Hashable, Codable, Sendable {
        public var vm: RFEntry.VMPort
        public var datapath: RFEntry.DatapathPort

        public init(vm: RFEntry.VMPort, datapath: RFEntry.DatapathPort) {
            self.vm = vm
            self.datapath = datapath
        }
    }

    /// This incarnation.
    public var epoch: Int64
    public var vms: [VM]
    /// The rfproxies that have been heard of.
    public var proxies: [Int32]
    /// The datapaths and virtual switches that are connected.
    public var connected: [DatapathJoin]
    /// The RFTable.
    public var rows: [RFEntry]
    /// The mapping file.
    public var named: [NamedPort]
    /// What the VM that was asked about has said of the longest prefix that holds the destination.
    public var word: PrefixWord?

    public init(
        epoch: Int64, vms: [VM], proxies: [Int32], connected: [DatapathJoin], rows: [RFEntry],
        named: [NamedPort], word: PrefixWord? = nil
    ) {
        self.epoch = epoch
        self.vms = vms
        self.proxies = proxies
        self.connected = connected
        self.rows = rows
        self.named = named
        self.word = word
    }
}

/// What an rfproxy knows.
public struct ProxyReport: Hashable, Codable, Sendable {
    /// A datapath, connected or spoken of by rfserver.
    public struct Datapath: Hashable, Codable, Sendable {
        public var dpID: DatapathID
        public var isConnected: Bool
        /// Flows that are wanted or there, that are on their way or wait, and that the switch refused.
        public var flows: Int
        public var waiting: Int
        public var refused: Int
        /// True if rfserver has said everything that it is to have.
        public var isComplete: Bool

        public init(
            dpID: DatapathID, isConnected: Bool, flows: Int, waiting: Int, refused: Int, isComplete: Bool
        ) {
            self.dpID = dpID
            self.isConnected = isConnected
            self.flows = flows
            self.waiting = waiting
            self.refused = refused
            self.isComplete = isComplete
        }
    }

    /// How far a flow has come.
    public enum Progress: String, Hashable, Codable, Sendable {
        case installed, waiting, refused
        /// The switch is not connected.
        case unknown
    }

    /// What the switch itself says of a flow.
    public struct Reading: Hashable, Codable, Sendable {
        /// What it does, in words.
        public var action: String
        public var packets: UInt64
        public var bytes: UInt64

        public init(action: String, packets: UInt64, bytes: UInt64) {
            self.action = action
            self.packets = packets
            self.bytes = bytes
        }
    }

    /// The flow that is to catch packets to the destination on one datapath.
    public struct Flow: Hashable, Codable, Sendable {
        public var dpID: DatapathID
        public var prefix: IPPrefix
        public var priority: UInt16
        /// What it is to do, in words.
        public var action: String
        public var progress: Progress
        /// What the switch says; nil if it has no such flow, or has not answered.
        public var reading: Reading?
        /// True if the switch has answered.
        public var isRead: Bool

        public init(
            dpID: DatapathID, prefix: IPPrefix, priority: UInt16, action: String, progress: Progress,
            reading: Reading? = nil, isRead: Bool = false
        ) {
            self.dpID = dpID
            self.prefix = prefix
            self.priority = priority
            self.action = action
            self.progress = progress
            self.reading = reading
            self.isRead = isRead
        }
    }

    /// Its number, and this incarnation.
    public var ctID: Int32
    public var epoch: Int64
    public var datapaths: [Datapath]
    /// One for each datapath that the VM that was asked about is the router of.
    public var flows: [Flow]

    public init(ctID: Int32, epoch: Int64, datapaths: [Datapath], flows: [Flow] = []) {
        self.ctID = ctID
        self.epoch = epoch
        self.datapaths = datapaths
        self.flows = flows
    }
}
