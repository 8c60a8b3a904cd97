import NIOCore

extension OpenFlow10 {
    /// Bits to copy from one field into another (Open vSwitch, `struct nx_action_reg_move`).
    public struct RegisterMove: Hashable, Sendable {
        /// The number of bits to copy.
        public var bitCount: UInt16
        /// The first bit of the source that is copied.
        public var sourceOffset: UInt16
        /// Where the first bit goes.
        public var destinationOffset: UInt16
        /// Where from.
        public var source: NXMField
        /// Where to.
        public var destination: NXMField

        /// Copies all bits of a field into another of the same width.
        public init(_ source: NXMField, into destination: NXMField) {
            bitCount = UInt16(source.bitWidth)
            sourceOffset = 0
            destinationOffset = 0
            self.source = source
            self.destination = destination
        }
    }
}

extension OpenFlow10.RegisterMove: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        bitCount = try reader.integer()
        sourceOffset = try reader.integer()
        destinationOffset = try reader.integer()
        source = OpenFlow10.NXMField(rawValue: try reader.integer())
        destination = OpenFlow10.NXMField(rawValue: try reader.integer())
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(
            bitCount, sourceOffset, destinationOffset, source.rawValue, destination.rawValue)
    }
}
