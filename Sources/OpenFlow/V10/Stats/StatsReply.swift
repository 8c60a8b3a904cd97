public import NIOCore

extension OpenFlow10 {
    /// An answer about the switch's state, or a part of one (5.3.5, `ofp_stats_reply`).
    public struct StatsReply: Hashable, Sendable {
        /// True if another part with the same xid follows (`OFPSF_REPLY_MORE`).
        public var more: Bool
        /// What it says.
        public var body: StatsReplyBody

        /// Creates an answer; the last part of one if `more` is not said.
        public init(_ body: StatsReplyBody, more: Bool = false) {
            self.body = body
            self.more = more
        }
    }

    /// What an answer about the switch's state says (5.3.5).
    public enum StatsReplyBody: Hashable, Sendable {
        /// Who made the switch.
        case desc(SwitchDescription)
        /// Flows.
        case flow([FlowStats])
        /// The sum over flows.
        case aggregate(AggregateStats)
        /// Flow tables.
        case table([TableStats])
        /// Ports.
        case port([PortStats])
        /// Queues.
        case queue([QueueStats])
        /// An answer of a vendor's own.
        case vendor(Vendor)
        /// An answer that 1.0 does not know.
        case unknown(StatsType, data: ByteBuffer)

        /// The kind of statistics.
        public var type: StatsType {
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
    }
}

extension OpenFlow10.StatsReply: WireStructure {
    private static let moreFlag: UInt16 = 1 << 0

    init(from reader: inout WireReader) throws(OpenFlowError) {
        let type = OpenFlow10.StatsType(rawValue: try reader.integer())
        more = try reader.integer(as: UInt16.self) & Self.moreFlag != 0
        body =
            switch type {
            case .desc: .desc(try OpenFlow10.SwitchDescription(from: &reader))
            case .flow: .flow(try reader.list(of: OpenFlow10.FlowStats.self))
            case .aggregate: .aggregate(try OpenFlow10.AggregateStats(from: &reader))
            case .table: .table(try reader.list(of: OpenFlow10.TableStats.self))
            case .port: .port(try reader.list(of: OpenFlow10.PortStats.self))
            case .queue: .queue(try reader.list(of: OpenFlow10.QueueStats.self))
            case .vendor: .vendor(try OpenFlow10.Vendor(from: &reader))
            default: .unknown(type, data: reader.rest())
            }
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(body.type.rawValue, more ? Self.moreFlag : 0)
        switch body {
        case .desc(let description): description.write(to: &buffer)
        case .flow(let flows): buffer.write(flows)
        case .aggregate(let sum): sum.write(to: &buffer)
        case .table(let tables): buffer.write(tables)
        case .port(let ports): buffer.write(ports)
        case .queue(let queues): buffer.write(queues)
        case .vendor(let vendor): vendor.write(to: &buffer)
        case .unknown(_, let data): buffer.writeImmutableBuffer(data)
        }
    }
}
