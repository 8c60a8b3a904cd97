public import NIOCore

/// OpenFlow 1.0.0 (wire protocol 0x01, December 31, 2009). Its structures are named as there, without the prefix
/// `ofp_`; section numbers in this folder are of that document.
///
/// What a peer chooses from a list (reasons, types, codes, commands) is a number with names for the known ones, so
/// that one which 1.0 does not know, like Open vSwitch's packet-in reason 2, is a value as any other.
public enum OpenFlow10 {}

extension OpenFlow10 {
    /// Who defined an extension (5.5.4, `ofp_vendor_header.vendor`): an IEEE OUI if the upper octet is zero.
    public struct VendorID: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt32

        /// Creates a vendor from the number on the wire.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// Nicira, whose extensions Open vSwitch understands (`NX_VENDOR_ID`).
        public static let nicira = VendorID(rawValue: 0x0000_2320)
    }

    /// A message of a vendor's own (5.5.4, `ofp_vendor_header`).
    public struct Vendor: Hashable, Sendable {
        /// Whose message it is.
        public var vendor: VendorID
        /// What the vendor defines, header and vendor excluded.
        public var data: ByteBuffer

        /// Creates a vendor message.
        public init(vendor: VendorID, data: ByteBuffer) {
            self.vendor = vendor
            self.data = data
        }
    }
}

extension OpenFlow10.Vendor: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        vendor = OpenFlow10.VendorID(rawValue: try reader.integer())
        data = reader.rest()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(vendor.rawValue)
        buffer.writeImmutableBuffer(data)
    }
}
