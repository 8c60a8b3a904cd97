public import NIOCore

extension OpenFlow10 {
    /// `buffer_id` for "no buffer": the packet itself is in the message (5.2.3). Never zero, which is a buffer.
    static let noBuffer: UInt32 = 0xFFFF_FFFF

    /// Why a packet comes to the controller (5.4.1, `ofp_packet_in_reason`).
    public struct PacketInReason: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt8

        /// Creates a reason from the number on the wire.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// No flow matched.
        public static let noMatch = PacketInReason(rawValue: 0)
        /// A flow's action sent it.
        public static let action = PacketInReason(rawValue: 1)
        /// Its TTL was too low to decrement. Not of 1.0, but Open vSwitch sends it to who asked for it.
        public static let invalidTTL = PacketInReason(rawValue: 2)
    }

    /// A packet from the switch (5.4.1, `ofp_packet_in`).
    public struct PacketIn: Hashable, Sendable {
        /// Under which number the switch keeps the packet; nil if it does not.
        public var bufferID: UInt32?
        /// The length of the packet, of which `data` may be only the beginning.
        public var totalLength: UInt16
        /// The port that it came in by.
        public var inPort: PortNumber
        /// Why it comes.
        public var reason: PacketInReason
        /// The packet from its Ethernet header on; a slice of what was received.
        public var data: ByteBuffer

        /// Creates a packet-in.
        public init(
            bufferID: UInt32? = nil, totalLength: UInt16, inPort: PortNumber, reason: PacketInReason,
            data: ByteBuffer
        ) {
            self.bufferID = bufferID
            self.totalLength = totalLength
            self.inPort = inPort
            self.reason = reason
            self.data = data
        }
    }

    /// A packet for the switch to send (5.3.6, `ofp_packet_out`).
    public struct PacketOut: Hashable, Sendable {
        /// The packet that the switch keeps under this number; nil if the packet is in `data`.
        public var bufferID: UInt32?
        /// The port that the packet is taken to have come in by.
        public var inPort: PortNumber
        /// What to do with it.
        public var actions: [Action]
        /// The packet from its Ethernet header on.
        public var data: ByteBuffer

        /// Creates a packet-out.
        public init(
            bufferID: UInt32? = nil, inPort: PortNumber = .none, actions: [Action], data: ByteBuffer
        ) {
            self.bufferID = bufferID
            self.inPort = inPort
            self.actions = actions
            self.data = data
        }
    }
}

extension WireReader {
    mutating func bufferID() throws(OpenFlowError) -> UInt32? {
        let number: UInt32 = try integer()
        return number == OpenFlow10.noBuffer ? nil : number
    }
}

extension OpenFlow10.PacketIn: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        bufferID = try reader.bufferID()
        totalLength = try reader.integer()
        inPort = OpenFlow10.PortNumber(rawValue: try reader.integer())
        reason = OpenFlow10.PacketInReason(rawValue: try reader.integer())
        try reader.skip(1)
        data = reader.rest()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(
            bufferID ?? OpenFlow10.noBuffer, totalLength, inPort.rawValue, reason.rawValue, UInt8(0))
        buffer.writeImmutableBuffer(data)
    }
}

extension OpenFlow10.PacketOut: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        bufferID = try reader.bufferID()
        inPort = OpenFlow10.PortNumber(rawValue: try reader.integer())
        var list = try reader.nested(Int(try reader.integer(as: UInt16.self)))
        actions = try list.list(of: OpenFlow10.Action.self)
        data = reader.rest()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(bufferID ?? OpenFlow10.noBuffer, inPort.rawValue, UInt16(0))
        let start = buffer.writerIndex
        buffer.write(actions)
        // A length beyond 16 bits is cut: the whole message is then too long, and refused.
        buffer.setInteger(UInt16(truncatingIfNeeded: buffer.writerIndex - start), at: start - 2)
        buffer.writeImmutableBuffer(data)
    }
}
