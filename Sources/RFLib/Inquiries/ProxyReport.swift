public import NetTypes

/// What an rfproxy knows.
public struct ProxyReport: Hashable, Codable, Sendable {
    /// A datapath, connected or spoken of by rfserver.
    public struct Datapath: Hashable, Codable, Sendable {
        /// Which datapath.
        public var dpID: DatapathID
        /// True if it has a connection.
        public var isConnected: Bool
        /// True if this rfproxy writes its flows; false of one that stands by.
        public var isMaster: Bool
        /// Flows that are wanted or there.
        public var flows: Int
        /// Flow mods that are on their way or wait.
        public var waiting: Int
        /// Flows that the switch refused.
        public var refused: Int
        /// True if rfserver has said everything that it is to have.
        public var isComplete: Bool

        /// Describes a datapath.
        public init(
            dpID: DatapathID, isConnected: Bool, isMaster: Bool = true, flows: Int, waiting: Int,
            refused: Int, isComplete: Bool
        ) {
            self.dpID = dpID
            self.isConnected = isConnected
            self.isMaster = isMaster
            self.flows = flows
            self.waiting = waiting
            self.refused = refused
            self.isComplete = isComplete
        }
    }

    /// How far a flow has come.
    public enum Progress: String, Hashable, Codable, Sendable {
        /// The switch has it, and has said so.
        case installed
        /// It is on its way, or waits for its turn.
        case waiting
        /// The switch does not take it.
        case refused
        /// The switch is not connected.
        case unknown
    }

    /// What the switch itself says of a flow.
    public struct Reading: Hashable, Codable, Sendable {
        /// What it does, in words.
        public var action: String
        /// The packets that it treated.
        public var packets: UInt64
        /// Their bytes.
        public var bytes: UInt64

        /// Repeats what a switch says.
        public init(action: String, packets: UInt64, bytes: UInt64) {
            self.action = action
            self.packets = packets
            self.bytes = bytes
        }
    }

    /// The flow that is to catch packets to the destination on one datapath.
    public struct Flow: Hashable, Codable, Sendable {
        /// On which datapath.
        public var dpID: DatapathID
        /// For packets to which prefix.
        public var prefix: IPPrefix
        /// Its priority.
        public var priority: UInt16
        /// What it is to do, in words.
        public var action: String
        /// How far it has come.
        public var progress: Progress
        /// If the switch does not take the flow: the less specific prefix whose flow catches the packets; nil if they go
        /// to the VM.
        public var carrier: IPPrefix?
        /// What the switch says; nil if it has no such flow, or has not answered.
        public var reading: Reading?
        /// True if the switch has answered.
        public var isRead: Bool

        /// Describes a flow.
        public init(
            dpID: DatapathID, prefix: IPPrefix, priority: UInt16, action: String, progress: Progress,
            carrier: IPPrefix? = nil, reading: Reading? = nil, isRead: Bool = false
        ) {
            self.dpID = dpID
            self.prefix = prefix
            self.priority = priority
            self.action = action
            self.progress = progress
            self.carrier = carrier
            self.reading = reading
            self.isRead = isRead
        }
    }

    /// Its number.
    public var ctID: Int32
    /// This incarnation.
    public var epoch: Int64
    /// The datapaths, virtual switches among them.
    public var datapaths: [Datapath]
    /// One for each datapath that the VM that was asked about is the router of.
    public var flows: [Flow]

    /// Reports what an rfproxy knows.
    public init(ctID: Int32, epoch: Int64, datapaths: [Datapath], flows: [Flow] = []) {
        self.ctID = ctID
        self.epoch = epoch
        self.datapaths = datapaths
        self.flows = flows
    }
}
