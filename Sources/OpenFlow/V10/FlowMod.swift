import NIOCore

extension OpenFlow10 {
    /// What to do to the flow table (5.3.3, `ofp_flow_mod_command`).
    public struct FlowModCommand: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16

        /// Creates a command from the number on the wire.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// A new flow, in place of one with the same match and priority, whose counters are lost.
        public static let add = FlowModCommand(rawValue: 0)
        /// New actions for all flows that the match covers; without any, a new flow.
        public static let modify = FlowModCommand(rawValue: 1)
        /// New actions for the flow with just this match and priority, keeping its counters; without it, a new flow.
        public static let modifyStrict = FlowModCommand(rawValue: 2)
        /// Removes all flows that the match covers.
        public static let delete = FlowModCommand(rawValue: 3)
        /// Removes the flow with just this match and priority.
        public static let deleteStrict = FlowModCommand(rawValue: 4)
    }

    /// How to treat a new flow (5.3.3, `ofp_flow_mod_flags`).
    public struct FlowModFlags: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public let rawValue: UInt16

        /// Creates a set from the bits on the wire; unknown ones are kept.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// Say so when it expires or is deleted.
        public static let sendFlowRemoved = FlowModFlags(rawValue: 1 << 0)
        /// Refuse it if one of the same priority overlaps.
        public static let checkOverlap = FlowModFlags(rawValue: 1 << 1)
        /// For the time without a controller.
        public static let emergency = FlowModFlags(rawValue: 1 << 2)
    }

    /// An order to change the flow table (5.3.3, `ofp_flow_mod`).
    public struct FlowMod: Hashable, Sendable {
        /// What to do.
        public var command: FlowModCommand
        /// Which packets it is about.
        public var match: Match
        /// Among the flows that match a packet, the highest wins; one without wildcards always does.
        public var priority: UInt16
        /// A number that the controller chooses and reads back; 0xFFFF_FFFF_FFFF_FFFF is reserved.
        public var cookie: UInt64
        /// Seconds without a packet after which the flow goes; 0 is never.
        public var idleTimeout: UInt16
        /// Seconds after which the flow goes; 0 is never.
        public var hardTimeout: UInt16
        /// A packet that the switch keeps, to be treated by the flow at once; nil is none.
        public var bufferID: UInt32?
        /// For the delete commands: only flows that output there; `PortNumber.none` is no such condition.
        public var outPort: PortNumber
        /// How to treat a new flow.
        public var flags: FlowModFlags
        /// What happens to the packets, in order; none is a drop.
        public var actions: [Action]

        /// Creates an order: without timeouts, buffer and flags if they are not given.
        public init(
            _ command: FlowModCommand, match: Match, priority: UInt16 = 0x8000, cookie: UInt64 = 0,
            idleTimeout: UInt16 = 0, hardTimeout: UInt16 = 0, bufferID: UInt32? = nil,
            outPort: PortNumber = .none, flags: FlowModFlags = [], actions: [Action] = []
        ) {
            self.command = command
            self.match = match
            self.priority = priority
            self.cookie = cookie
            self.idleTimeout = idleTimeout
            self.hardTimeout = hardTimeout
            self.bufferID = bufferID
            self.outPort = outPort
            self.flags = flags
            self.actions = actions
        }
    }
}

extension OpenFlow10.FlowMod: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        match = try OpenFlow10.Match(from: &reader)
        cookie = try reader.integer()
        command = OpenFlow10.FlowModCommand(rawValue: try reader.integer())
        idleTimeout = try reader.integer()
        hardTimeout = try reader.integer()
        priority = try reader.integer()
        bufferID = try reader.bufferID()
        outPort = OpenFlow10.PortNumber(rawValue: try reader.integer())
        flags = OpenFlow10.FlowModFlags(rawValue: try reader.integer())
        actions = try reader.list(of: OpenFlow10.Action.self)
    }

    func write(to buffer: inout ByteBuffer) {
        match.write(to: &buffer)
        buffer.writeMultipleIntegers(
            cookie, command.rawValue, idleTimeout, hardTimeout, priority, bufferID ?? OpenFlow10.noBuffer,
            outPort.rawValue, flags.rawValue)
        buffer.write(actions)
    }
}
