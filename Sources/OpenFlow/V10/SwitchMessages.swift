import NIOCore
public import NetTypes

extension OpenFlow10 {
    /// What a switch is (5.3.1, `ofp_switch_features`).
    public struct FeaturesReply: Hashable, Sendable {
        /// Which datapath it is.
        public var datapathID: DatapathID
        /// How many packets it can hold back at once.
        public var nBuffers: UInt32
        /// How many flow tables it has.
        public var nTables: UInt8
        /// What it can do.
        public var capabilities: Capabilities
        /// Which of the actions that 1.0 defines it can carry out.
        public var actions: SupportedActions
        /// Its ports.
        public var ports: [PhyPort]

        /// Creates a features reply.
        public init(
            datapathID: DatapathID, nBuffers: UInt32, nTables: UInt8, capabilities: Capabilities,
            actions: SupportedActions, ports: [PhyPort]
        ) {
            self.datapathID = datapathID
            self.nBuffers = nBuffers
            self.nTables = nTables
            self.capabilities = capabilities
            self.actions = actions
            self.ports = ports
        }
    }

    /// What a switch can do (5.3.1, `ofp_capabilities`).
    public struct Capabilities: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public let rawValue: UInt32

        /// Creates a set from the bits on the wire; unknown ones are kept.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// Counts for each flow.
        public static let flowStats = Capabilities(rawValue: 1 << 0)
        /// Counts for each table.
        public static let tableStats = Capabilities(rawValue: 1 << 1)
        /// Counts for each port.
        public static let portStats = Capabilities(rawValue: 1 << 2)
        /// Speaks the spanning tree protocol.
        public static let stp = Capabilities(rawValue: 1 << 3)
        /// Reassembles IP fragments.
        public static let ipReassembly = Capabilities(rawValue: 1 << 5)
        /// Counts for each queue.
        public static let queueStats = Capabilities(rawValue: 1 << 6)
        /// Matches addresses in ARP packets.
        public static let arpMatchIP = Capabilities(rawValue: 1 << 7)
    }

    /// How a switch treats packets that it does not forward by a flow (5.3.2, `ofp_switch_config`).
    public struct SwitchConfig: Hashable, Sendable {
        /// How it treats fragments, and packets with an invalid TTL.
        public var flags: ConfigFlags
        /// How many bytes of a packet that matched no flow go to the controller; 0xFFFF is all of them.
        public var missSendLen: UInt16

        /// Creates a configuration.
        public init(flags: ConfigFlags = [], missSendLen: UInt16) {
            self.flags = flags
            self.missSendLen = missSendLen
        }
    }

    /// How a switch treats fragments (5.3.2, `ofp_config_flags`); none of these: as any packet.
    public struct ConfigFlags: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public let rawValue: UInt16

        /// Creates a set from the bits on the wire; unknown ones are kept.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// Drops fragments.
        public static let fragDrop = ConfigFlags(rawValue: 1 << 0)
        /// Reassembles fragments.
        public static let fragReassemble = ConfigFlags(rawValue: 1 << 1)
        /// Sends packets whose TTL a decrement would make invalid to the controller. Of OpenFlow 1.1 and 1.2;
        /// Open vSwitch takes it in 1.0 too.
        public static let invalidTTLToController = ConfigFlags(rawValue: 1 << 2)
    }
}

extension OpenFlow10.FeaturesReply: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        datapathID = DatapathID(rawValue: try reader.integer())
        nBuffers = try reader.integer()
        nTables = try reader.integer()
        try reader.skip(3)
        capabilities = OpenFlow10.Capabilities(rawValue: try reader.integer())
        actions = OpenFlow10.SupportedActions(rawValue: try reader.integer())
        ports = try reader.list(of: OpenFlow10.PhyPort.self)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(datapathID.rawValue, nBuffers, nTables)
        buffer.writeZeros(3)
        buffer.writeMultipleIntegers(capabilities.rawValue, actions.rawValue)
        buffer.write(ports)
    }
}

extension OpenFlow10.SwitchConfig: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        flags = OpenFlow10.ConfigFlags(rawValue: try reader.integer())
        missSendLen = try reader.integer()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(flags.rawValue, missSendLen)
    }
}
