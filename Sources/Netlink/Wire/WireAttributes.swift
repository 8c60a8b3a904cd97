import CMnl
import NetTypes

/// An attribute in a message (netlink(7)). It is valid only as long as the buffer that it was found in.
struct WireAttribute {
    /// The type without the flags for nesting and byte order.
    let type: UInt16
    let payload: UnsafeRawBufferPointer
}

/// Walks over attributes, throwing where one does not fit into what is left.
struct WireAttributes {
    private var rest: UnsafeRawBufferPointer

    init(_ buffer: UnsafeRawBufferPointer) {
        self.rest = buffer
    }

    mutating func next() throws(MalformedMessage) -> WireAttribute? {
        guard !rest.isEmpty else { return nil }
        let headerSize = MemoryLayout<nlattr>.size
        let header = try rest.value(as: nlattr.self)
        let length = Int(header.nla_len)
        guard length >= headerSize, length <= rest.count else { throw MalformedMessage() }
        let payload = UnsafeRawBufferPointer(rebasing: rest[headerSize..<length])
        rest = rest.skipping(length.alignedToFour)
        return WireAttribute(type: header.nla_type & nestingMask, payload: payload)
    }
}

/// The bits of `nla_type` that are the type (linux/netlink.h, `NLA_TYPE_MASK`, a macro that Swift cannot import).
private let nestingMask: UInt16 = 0x3FFF

extension WireAttribute {
    /// A number in the byte order of the host.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(
        as type: Number.Type = Number.self
    ) throws(MalformedMessage) -> Number {
        try payload.value(as: type)
    }

    /// Text up to its terminating zero.
    func text() -> String {
        String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// An address of the family, which the payload must have exactly the length of.
    func address(_ family: UInt8) throws(MalformedMessage) -> IPAddress {
        try payload.address(family)
    }

    /// A hardware address, or nil if it does not have six octets.
    func hardwareAddress() -> MACAddress? {
        MACAddress(bytes: payload)
    }
}

extension UnsafeRawBufferPointer {
    /// The whole buffer as an address of the family (`AF_INET`, `AF_INET6`).
    func address(_ family: UInt8) throws(MalformedMessage) -> IPAddress {
        switch (Int32(family), count) {
        case (AF_INET, 4):
            return .v4(IPv4Address(rawValue: UInt32(bigEndian: loadUnaligned(as: UInt32.self))))
        case (AF_INET6, 16):
            return .v6(
                IPv6Address(
                    high: UInt64(bigEndian: loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: loadUnaligned(fromByteOffset: 8, as: UInt64.self))))
        default:
            throw MalformedMessage()
        }
    }
}
