import NIOCore

extension OpenFlow10 {
    /// A port's counters (5.3.5, `ofp_port_stats`); all ones is a counter that the switch does not have.
    public struct PortStats: Hashable, Sendable {
        /// The port.
        public var port: PortNumber
        /// Packets received.
        public var rxPackets: UInt64
        /// Packets sent.
        public var txPackets: UInt64
        /// Bytes received.
        public var rxBytes: UInt64
        /// Bytes sent.
        public var txBytes: UInt64
        /// Packets dropped on receipt.
        public var rxDropped: UInt64
        /// Packets dropped before sending.
        public var txDropped: UInt64
        /// Errors on receipt, the following three included.
        public var rxErrors: UInt64
        /// Errors on sending, collisions included.
        public var txErrors: UInt64
        /// Frames not aligned.
        public var rxFrameErrors: UInt64
        /// Packets that overran the receiver.
        public var rxOverErrors: UInt64
        /// Checksum errors.
        public var rxCRCErrors: UInt64
        /// Collisions.
        public var collisions: UInt64

        /// Creates a port's counters.
        public init(
            port: PortNumber, rxPackets: UInt64 = 0, txPackets: UInt64 = 0, rxBytes: UInt64 = 0,
            txBytes: UInt64 = 0, rxDropped: UInt64 = 0, txDropped: UInt64 = 0, rxErrors: UInt64 = 0,
            txErrors: UInt64 = 0, rxFrameErrors: UInt64 = 0, rxOverErrors: UInt64 = 0,
            rxCRCErrors: UInt64 = 0,
            collisions: UInt64 = 0
        ) {
            self.port = port
            self.rxPackets = rxPackets
            self.txPackets = txPackets
            self.rxBytes = rxBytes
            self.txBytes = txBytes
            self.rxDropped = rxDropped
            self.txDropped = txDropped
            self.rxErrors = rxErrors
            self.txErrors = txErrors
            self.rxFrameErrors = rxFrameErrors
            self.rxOverErrors = rxOverErrors
            self.rxCRCErrors = rxCRCErrors
            self.collisions = collisions
        }
    }

    /// A queue's counters (5.3.5, `ofp_queue_stats`).
    public struct QueueStats: Hashable, Sendable {
        /// The port.
        public var port: PortNumber
        /// The queue's number among those of its port.
        public var queueID: UInt32
        /// Bytes sent.
        public var txBytes: UInt64
        /// Packets sent.
        public var txPackets: UInt64
        /// Packets dropped because the queue was full.
        public var txErrors: UInt64

        /// Creates a queue's counters.
        public init(port: PortNumber, queueID: UInt32, txBytes: UInt64, txPackets: UInt64, txErrors: UInt64) {
            self.port = port
            self.queueID = queueID
            self.txBytes = txBytes
            self.txPackets = txPackets
            self.txErrors = txErrors
        }
    }
}

extension OpenFlow10.PortStats: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        port = OpenFlow10.PortNumber(rawValue: try reader.integer())
        try reader.skip(6)
        rxPackets = try reader.integer()
        txPackets = try reader.integer()
        rxBytes = try reader.integer()
        txBytes = try reader.integer()
        rxDropped = try reader.integer()
        txDropped = try reader.integer()
        rxErrors = try reader.integer()
        txErrors = try reader.integer()
        rxFrameErrors = try reader.integer()
        rxOverErrors = try reader.integer()
        rxCRCErrors = try reader.integer()
        collisions = try reader.integer()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(port.rawValue)
        buffer.writeZeros(6)
        buffer.writeMultipleIntegers(
            rxPackets, txPackets, rxBytes, txBytes, rxDropped, txDropped, rxErrors, txErrors, rxFrameErrors,
            rxOverErrors, rxCRCErrors, collisions)
    }
}

extension OpenFlow10.QueueStats: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        port = OpenFlow10.PortNumber(rawValue: try reader.integer())
        try reader.skip(2)
        queueID = try reader.integer()
        txBytes = try reader.integer()
        txPackets = try reader.integer()
        txErrors = try reader.integer()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(port.rawValue, UInt16(0), queueID, txBytes, txPackets, txErrors)
    }
}
