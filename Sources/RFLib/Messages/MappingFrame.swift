public import NetTypes

/// The Ethernet frame by which a VM port announces itself through the virtual switch.
///
/// Destination 00:00:00:00:00:00, source the port's address, EtherType 0x0A0A; then, all big-endian, `vm_id` in eight
/// octets and `vm_port` in one, as in the original, and the token of `VMConfig` in eight. What follows is padding.
public struct MappingFrame: Hashable, Sendable {
    /// The EtherType of mapping frames, which no standard uses.
    public static let etherType: UInt16 = 0x0A0A

    /// The sender's port address.
    public var source: MACAddress
    /// The VM.
    public var vmID: VMID
    /// Its port.
    public var vmPort: UInt8
    /// The token that rfserver gave to the VM.
    public var token: UInt64

    /// Announces a port.
    public init(source: MACAddress, vmID: VMID, vmPort: UInt8, token: UInt64) {
        self.source = source
        self.vmID = vmID
        self.vmPort = vmPort
        self.token = token
    }

    private static let payloadOffset = 14
    private static let length = payloadOffset + 8 + 1 + 8

    /// The frame without its check sequence, padded to the least length of an Ethernet frame.
    public var bytes: [UInt8] {
        var bytes = MACAddress.zero.bytes + source.bytes
        bytes += [UInt8(Self.etherType >> 8), UInt8(Self.etherType & 0xFF)]
        bytes += Self.octets(vmID.rawValue) + [vmPort] + Self.octets(token)
        bytes += [UInt8](repeating: 0, count: 60 - bytes.count)
        return bytes
    }

    /// Reads a frame of any length. Nil if it is not a mapping frame, is too short, or names an impossible id or port.
    public init?(bytes: some RandomAccessCollection<UInt8>) {
        guard bytes.count >= Self.length else { return nil }
        func field(_ offset: Int, _ count: Int) -> UInt64 {
            bytes.dropFirst(offset).prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
        }
        let id = field(Self.payloadOffset, 8)
        guard field(12, 2) == UInt64(Self.etherType), id >> 48 == 0, id != 0 else { return nil }
        self.source = MACAddress(rawValue: field(6, 6))
        self.vmID = VMID(rawValue: id)
        self.vmPort = UInt8(field(Self.payloadOffset + 8, 1))
        self.token = field(Self.payloadOffset + 9, 8)
        guard vmPort > 0 else { return nil }
    }

    private static func octets(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }
}
