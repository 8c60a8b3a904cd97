public import NetTypes

/// What rfserver knows.
public struct ServerReport: Hashable, Codable, Sendable {
    /// A VM.
    public struct VM: Hashable, Codable, Sendable {
        /// Which VM.
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

        /// Describes a VM.
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
        /// The VM's port.
        public var vm: RFEntry.VMPort
        /// The datapath's port that it is to be.
        public var datapath: RFEntry.DatapathPort

        /// Repeats a row.
        public init(vm: RFEntry.VMPort, datapath: RFEntry.DatapathPort) {
            self.vm = vm
            self.datapath = datapath
        }
    }

    /// A flow that a switch does not take.
    public struct Refusal: Hashable, Codable, Sendable {
        /// Which switch.
        public var dpID: DatapathID
        /// For packets to which prefix.
        public var prefix: IPPrefix
        /// The type of the OpenFlow error.
        public var type: UInt16
        /// The code of the OpenFlow error.
        public var code: UInt16
        /// The less specific prefix whose flow catches the packets meanwhile; nil if they go to the VM.
        public var carrier: IPPrefix?

        /// Repeats what a switch has said.
        public init(_ error: FlowError) {
            dpID = error.dpID
            prefix = error.prefix
            type = error.type
            code = error.code
            carrier = error.carrier
        }
    }

    /// This incarnation.
    public var epoch: Int64
    /// The VMs that have been heard of, or that the table names.
    public var vms: [VM]
    /// The rfproxies that have been heard of.
    public var proxies: [Int32]
    /// The virtual switches that are connected, and the datapaths of which a VM or the mapping file has a port.
    public var connected: [DatapathJoin]
    /// The rows of the RFTable that VMs have.
    public var rows: [RFEntry]
    /// The mapping file.
    public var named: [NamedPort]
    /// Some of the flows that switches do not take.
    public var refusals: [Refusal]
    /// What the VM that was asked about has said of the longest prefix that holds the destination.
    public var word: PrefixWord?

    /// Reports what rfserver knows.
    public init(
        epoch: Int64, vms: [VM], proxies: [Int32], connected: [DatapathJoin], rows: [RFEntry],
        named: [NamedPort], refusals: [Refusal] = [], word: PrefixWord? = nil
    ) {
        self.epoch = epoch
        self.vms = vms
        self.proxies = proxies
        self.connected = connected
        self.rows = rows
        self.named = named
        self.refusals = refusals
        self.word = word
    }
}
