import NIOCore

extension OpenFlow10 {
    /// A number to write into some bits of a field (Open vSwitch, `struct nx_action_reg_load`).
    public struct RegisterLoad: Hashable, Sendable {
        /// The number to write.
        public var value: UInt64
        /// Where to.
        public var field: NXMField
        /// Which of the field's bits: the first one's number in the upper ten bits, their count less one in the
        /// lower six.
        public var offsetAndWidth: UInt16

        /// Creates a load into the bits that `offsetAndWidth` says.
        public init(_ value: UInt64, into field: NXMField, offsetAndWidth: UInt16) {
            self.value = value
            self.field = field
            self.offsetAndWidth = offsetAndWidth
        }

        /// Creates a load into all bits of a field; of a field of more than 64 bits, into the lower 64.
        public init(_ value: UInt64, into field: NXMField) {
            self.init(value, into: field, offsetAndWidth: UInt16(min(max(field.bitWidth, 1), 64) - 1))
        }

        /// Makes the packet forget the port that it came in by, so that an output to that port is carried out:
        /// `load:0->NXM_OF_IN_PORT[]`.
        public static let clearInPort = RegisterLoad(0, into: .inPort)
    }
}

extension OpenFlow10.RegisterLoad: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        offsetAndWidth = try reader.integer()
        field = OpenFlow10.NXMField(rawValue: try reader.integer())
        value = try reader.integer()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(offsetAndWidth, field.rawValue, value)
    }
}
