public import NIOCore

extension OpenFlow10 {
    /// The number of a kind of statistics (5.3.5, `ofp_stats_types`).
    public struct StatsType: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16

        /// Creates a kind from the number on the wire.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// `OFPST_DESC`.
        public static let desc = StatsType(rawValue: 0)
        /// `OFPST_FLOW`.
        public static let flow = StatsType(rawValue: 1)
        /// `OFPST_AGGREGATE`.
        public static let aggregate = StatsType(rawValue: 2)
        /// `OFPST_TABLE`.
        public static let table = StatsType(rawValue: 3)
        /// `OFPST_PORT`.
        public static let port = StatsType(rawValue: 4)
        /// `OFPST_QUEUE`.
        public static let queue = StatsType(rawValue: 5)
        /// `OFPST_VENDOR`.
        public static let vendor = StatsType(rawValue: 0xFFFF)
    }

    /// A question about the switch's state (5.3.5, `ofp_stats_request`). 1.0 defines no flags for it.
    public enum StatsRequest: Hashable, Sendable {
        /// Who made the switch.
        case desc
        /// Each flow that the filter lets through.
        case flow(FlowStatsFilter)
        /// The sum over such flows.
        case aggregate(FlowStatsFilter)
        /// Each flow table.
        case table
        /// A port; of `PortNumber.none`: each.
        case port(PortNumber)
        /// A queue of a port, or all of them.
        case queue(QueueStatsFilter)
        /// A question of a vendor's own.
        case vendor(Vendor)
        /// A question that 1.0 does not know.
        case unknown(StatsType, data: ByteBuffer)
    }

    /// Which flows statistics are about (5.3.5, `ofp_flow_stats_request`).
    public struct FlowStatsFilter: Hashable, Sendable {
        /// Only flows whose match this one covers.
        public var match: Match
        /// Only flows of this table; 0xFF is all, 0xFE the one of emergency flows.
        public var tableID: UInt8
        /// Only flows that output there; `PortNumber.none` is no such condition.
        public var outPort: PortNumber

        /// Creates a filter; without arguments it lets every flow through.
        public init(match: Match = .any, tableID: UInt8 = 0xFF, outPort: PortNumber = .none) {
            self.match = match
            self.tableID = tableID
            self.outPort = outPort
        }
    }

    /// Which queues statistics are about (5.3.5, `ofp_queue_stats_request`).
    public struct QueueStatsFilter: Hashable, Sendable {
        /// The port; `PortNumber.all` is each.
        public var port: PortNumber
        /// The queue; 0xFFFF_FFFF is each (`OFPQ_ALL`).
        public var queueID: UInt32

        /// Creates a filter; without arguments it lets every queue through.
        public init(port: PortNumber = .all, queueID: UInt32 = 0xFFFF_FFFF) {
            self.port = port
            self.queueID = queueID
        }
    }
}

extension OpenFlow10.StatsRequest: WireStructure {
    /// The kind of statistics asked for.
    public var type: OpenFlow10.StatsType {
        switch self {
        case .desc: .desc
        case .flow: .flow
        case .aggregate: .aggregate
        case .table: .table
        case .port: .port
        case .queue: .queue
        case .vendor: .vendor
        case .unknown(let type, _): type
        }
    }

    init(from reader: inout WireReader) throws(OpenFlowError) {
        let type = OpenFlow10.StatsType(rawValue: try reader.integer())
        try reader.skip(2)
        switch type {
        case .desc: self = .desc
        case .flow: self = .flow(try OpenFlow10.FlowStatsFilter(from: &reader))
        case .aggregate: self = .aggregate(try OpenFlow10.FlowStatsFilter(from: &reader))
        case .table: self = .table
        case .port:
            self = .port(OpenFlow10.PortNumber(rawValue: try reader.integer()))
            try reader.skip(6)
        case .queue: self = .queue(try OpenFlow10.QueueStatsFilter(from: &reader))
        case .vendor: self = .vendor(try OpenFlow10.Vendor(from: &reader))
        default: self = .unknown(type, data: reader.rest())
        }
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(type.rawValue, UInt16(0))
        switch self {
        case .desc, .table: break
        case .flow(let filter), .aggregate(let filter): filter.write(to: &buffer)
        case .port(let port):
            buffer.writeInteger(port.rawValue)
            buffer.writeZeros(6)
        case .queue(let filter): filter.write(to: &buffer)
        case .vendor(let vendor): vendor.write(to: &buffer)
        case .unknown(_, let data): buffer.writeImmutableBuffer(data)
        }
    }
}

extension OpenFlow10.FlowStatsFilter: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        match = try OpenFlow10.Match(from: &reader)
        tableID = try reader.integer()
        try reader.skip(1)
        outPort = OpenFlow10.PortNumber(rawValue: try reader.integer())
    }

    func write(to buffer: inout ByteBuffer) {
        match.write(to: &buffer)
        buffer.writeMultipleIntegers(tableID, UInt8(0), outPort.rawValue)
    }
}

extension OpenFlow10.QueueStatsFilter: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        port = OpenFlow10.PortNumber(rawValue: try reader.integer())
        try reader.skip(2)
        queueID = try reader.integer()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(port.rawValue, UInt16(0), queueID)
    }
}
