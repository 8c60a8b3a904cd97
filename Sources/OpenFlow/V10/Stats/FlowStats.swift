import NIOCore

extension OpenFlow10 {
    /// A flow of the table (5.3.5, `ofp_flow_stats`).
    public struct FlowStats: Hashable, Sendable {
        /// The table that it is in.
        public var tableID: UInt8
        /// Its match.
        public var match: Match
        /// Its priority.
        public var priority: UInt16
        /// The number that the controller gave it.
        public var cookie: UInt64
        /// How long it has been there.
        public var duration: FlowDuration
        /// Its idle timeout in seconds; 0 is none.
        public var idleTimeout: UInt16
        /// Its hard timeout in seconds; 0 is none.
        public var hardTimeout: UInt16
        /// The packets that it treated.
        public var packetCount: UInt64
        /// Their bytes.
        public var byteCount: UInt64
        /// What it does with them.
        public var actions: [Action]

        /// Creates a flow's statistics.
        public init(
            tableID: UInt8 = 0, match: Match, priority: UInt16, cookie: UInt64 = 0,
            duration: FlowDuration = FlowDuration(seconds: 0, nanoseconds: 0), idleTimeout: UInt16 = 0,
            hardTimeout: UInt16 = 0, packetCount: UInt64 = 0, byteCount: UInt64 = 0, actions: [Action]
        ) {
            self.tableID = tableID
            self.match = match
            self.priority = priority
            self.cookie = cookie
            self.duration = duration
            self.idleTimeout = idleTimeout
            self.hardTimeout = hardTimeout
            self.packetCount = packetCount
            self.byteCount = byteCount
            self.actions = actions
        }
    }

    /// The sum over flows (5.3.5, `ofp_aggregate_stats_reply`).
    public struct AggregateStats: Hashable, Sendable {
        /// The packets that they treated.
        public var packetCount: UInt64
        /// Their bytes.
        public var byteCount: UInt64
        /// How many flows there are.
        public var flowCount: UInt32

        /// Creates a sum.
        public init(packetCount: UInt64, byteCount: UInt64, flowCount: UInt32) {
            self.packetCount = packetCount
            self.byteCount = byteCount
            self.flowCount = flowCount
        }
    }
}

extension OpenFlow10.FlowStats: WireStructure {
    /// The bytes of a flow without actions.
    private static let minimumSize = 88

    init(from reader: inout WireReader) throws(OpenFlowError) {
        let length = Int(reader.peek(at: 0, as: UInt16.self) ?? 0)
        guard length >= Self.minimumSize else {
            throw reader.badLength("flow of \(length) bytes where \(reader.count) are left")
        }
        var entry = try reader.nested(length)
        try entry.skip(2)
        tableID = try entry.integer()
        try entry.skip(1)
        match = try OpenFlow10.Match(from: &entry)
        duration = try OpenFlow10.FlowDuration(from: &entry)
        priority = try entry.integer()
        idleTimeout = try entry.integer()
        hardTimeout = try entry.integer()
        try entry.skip(6)
        cookie = try entry.integer()
        packetCount = try entry.integer()
        byteCount = try entry.integer()
        actions = try entry.list(of: OpenFlow10.Action.self)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMeasured(lengthAt: 0) { buffer in
            buffer.writeMultipleIntegers(UInt16(0), tableID, UInt8(0))
            match.write(to: &buffer)
            duration.write(to: &buffer)
            buffer.writeMultipleIntegers(priority, idleTimeout, hardTimeout)
            buffer.writeZeros(6)
            buffer.writeMultipleIntegers(cookie, packetCount, byteCount)
            buffer.write(actions)
        }
    }
}

extension OpenFlow10.AggregateStats: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        packetCount = try reader.integer()
        byteCount = try reader.integer()
        flowCount = try reader.integer()
        try reader.skip(4)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(packetCount, byteCount, flowCount, UInt32(0))
    }
}
