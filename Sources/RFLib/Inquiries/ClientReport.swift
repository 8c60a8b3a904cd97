public import NetTypes

/// What an rfclient knows.
public struct ClientReport: Hashable, Codable, Sendable {
    /// A data port of the VM.
    public struct Port: Hashable, Codable, Sendable {
        /// Its number.
        public var number: UInt8
        /// The interface's name.
        public var name: String
        /// True if it is switched on and has a carrier.
        public var isUp: Bool

        /// Describes a port.
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

        /// Describes a next hop.
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
        /// Its prefix.
        public var prefix: IPPrefix
        /// Its metric; the least one is the kernel's choice.
        public var metric: UInt32
        /// `unicast`, `blackhole` and so on.
        public var type: String
        /// Its next hops, nexthop objects followed.
        public var nextHops: [NextHop]
        /// Why a next hop can never be resolved, if so.
        public var obstacle: String?

        /// Describes a route.
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

    /// The VM.
    public var vmID: VMID
    /// The VM's host name.
    public var hostName: String
    /// This incarnation of its rfclient.
    public var epoch: Int64
    /// True if rfserver has accepted it.
    public var isAccepted: Bool
    /// Its data ports, by number.
    public var ports: [Port]
    /// How many prefixes something is said of.
    public var prefixes: Int
    /// The kernel's route for the destination, if one was asked for and there is one.
    public var route: Route?
    /// The destination itself, if it is a known neighbour of a data port.
    public var neighbour: NextHop?
    /// What is said of the longest prefix that holds the destination.
    public var word: PrefixWord?

    /// Reports what an rfclient knows.
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
