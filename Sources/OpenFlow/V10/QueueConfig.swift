public import NIOCore

extension OpenFlow10 {
    /// The queues of a port (5.3.4, `ofp_queue_get_config_reply`).
    public struct QueueConfig: Hashable, Sendable {
        /// The port.
        public var port: PortNumber
        /// Its queues.
        public var queues: [PacketQueue]

        /// Creates a queue configuration.
        public init(port: PortNumber, queues: [PacketQueue]) {
            self.port = port
            self.queues = queues
        }
    }

    /// A queue (5.2.2, `ofp_packet_queue`).
    public struct PacketQueue: Hashable, Sendable {
        /// The queue's number among those of its port.
        public var id: UInt32
        /// What is set for it.
        public var properties: [QueueProperty]

        /// Creates a queue.
        public init(id: UInt32, properties: [QueueProperty]) {
            self.id = id
            self.properties = properties
        }
    }

    /// Something that is set for a queue (5.2.2, `ofp_queue_prop_header`).
    public enum QueueProperty: Hashable, Sendable {
        /// The rate that it has at least, in tenths of a percent; above 1000 it is off (`OFPQT_MIN_RATE`).
        case minRate(UInt16)
        /// A property that 1.0 does not know: its number, and what follows its header.
        case unknown(type: UInt16, data: ByteBuffer)
    }
}

extension OpenFlow10.QueueConfig: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        port = OpenFlow10.PortNumber(rawValue: try reader.integer())
        try reader.skip(6)
        queues = try reader.list(of: OpenFlow10.PacketQueue.self)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(port.rawValue)
        buffer.writeZeros(6)
        buffer.write(queues)
    }
}

extension OpenFlow10.PacketQueue: WireStructure {
    private static let headerSize = 8

    init(from reader: inout WireReader) throws(OpenFlowError) {
        id = try reader.integer()
        let length = Int(try reader.integer(as: UInt16.self))
        try reader.skip(2)
        guard length >= Self.headerSize else { throw reader.badLength("queue of \(length) bytes") }
        var list = try reader.nested(length - Self.headerSize)
        properties = try list.list(of: OpenFlow10.QueueProperty.self)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMeasured(lengthAt: 4) { buffer in
            buffer.writeMultipleIntegers(id, UInt16(0), UInt16(0))
            buffer.write(properties)
        }
    }
}

extension OpenFlow10.QueueProperty: WireStructure {
    private static let headerSize = 8
    private static let minRateType: UInt16 = 1

    init(from reader: inout WireReader) throws(OpenFlowError) {
        let type: UInt16 = try reader.integer()
        let length = Int(try reader.integer(as: UInt16.self))
        try reader.skip(4)
        guard length >= Self.headerSize else { throw reader.badLength("queue property of \(length) bytes") }
        var body = try reader.nested(length - Self.headerSize)
        switch type {
        case Self.minRateType:
            self = .minRate(try body.integer())
            try body.skip(6)
        default:
            self = .unknown(type: type, data: body.rest())
        }
        try body.end()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMeasured(lengthAt: 2) { buffer in
            switch self {
            case .minRate(let rate):
                buffer.writeMultipleIntegers(Self.minRateType, UInt16(0), UInt32(0), rate)
                buffer.writeZeros(6)
            case .unknown(let type, let data):
                buffer.writeMultipleIntegers(type, UInt16(0), UInt32(0))
                buffer.writeImmutableBuffer(data)
            }
        }
    }
}
