import NIOCore
import NetTypes

extension OpenFlow10.Action: WireStructure {
    private static let headerSize = 4

    /// The subtypes of Nicira's actions that have cases of their own (Open vSwitch, `ofp-actions.c`).
    private enum NiciraSubtype {
        static let registerMove: UInt16 = 6
        static let registerLoad: UInt16 = 7
        static let decrementTTL: UInt16 = 18
    }

    init(from reader: inout WireReader) throws(OpenFlowError) {
        guard let length = reader.peek(at: 2, as: UInt16.self) else {
            throw reader.badLength("\(reader.count) bytes are too few for an action")
        }
        guard length >= 8, length % 8 == 0, Int(length) <= reader.count else {
            throw reader.badLength("action of \(length) bytes where \(reader.count) are left")
        }
        var action = try reader.nested(Int(length))
        let type = OpenFlow10.ActionType(rawValue: try action.integer())
        try action.skip(2)
        self = try Self.body(of: type, from: &action)
        try action.end()
    }

    private static func body(
        of type: OpenFlow10.ActionType, from reader: inout WireReader
    ) throws(OpenFlowError) -> Self {
        switch type {
        case .output:
            return .output(
                OpenFlow10.PortNumber(rawValue: try reader.integer()), maxLength: try reader.integer())
        case .setVLANVID: return .setVLANVID(try padded(&reader, by: 2))
        case .setVLANPCP: return .setVLANPCP(try padded(&reader, by: 3))
        case .stripVLAN:
            try reader.skip(4)
            return .stripVLAN
        case .setDLSrc: return .setDLSrc(try paddedMAC(&reader))
        case .setDLDst: return .setDLDst(try paddedMAC(&reader))
        case .setNWSrc: return .setNWSrc(IPv4Address(rawValue: try reader.integer()))
        case .setNWDst: return .setNWDst(IPv4Address(rawValue: try reader.integer()))
        case .setNWTOS: return .setNWTOS(try padded(&reader, by: 3))
        case .setTPSrc: return .setTPSrc(try padded(&reader, by: 2))
        case .setTPDst: return .setTPDst(try padded(&reader, by: 2))
        case .enqueue:
            let port = OpenFlow10.PortNumber(rawValue: try padded(&reader, by: 6))
            return .enqueue(port, queue: try reader.integer())
        case .vendor:
            return try vendorBody(of: OpenFlow10.VendorID(rawValue: try reader.integer()), from: &reader)
        default:
            return .unknown(type: type, data: reader.rest())
        }
    }

    private static func vendorBody(
        of vendor: OpenFlow10.VendorID, from reader: inout WireReader
    ) throws(OpenFlowError) -> Self {
        switch (vendor, reader.peek(at: 0, as: UInt16.self)) {
        case (.nicira, NiciraSubtype.decrementTTL):
            try reader.skip(8)
            return .decrementTTL
        case (.nicira, NiciraSubtype.registerLoad):
            try reader.skip(2)
            return .registerLoad(try OpenFlow10.RegisterLoad(from: &reader))
        case (.nicira, NiciraSubtype.registerMove):
            try reader.skip(2)
            return .registerMove(try OpenFlow10.RegisterMove(from: &reader))
        default:
            return .vendor(vendor, data: reader.rest())
        }
    }

    private static func padded<Number: FixedWidthInteger>(
        _ reader: inout WireReader, by padding: Int
    ) throws(OpenFlowError) -> Number {
        let number: Number = try reader.integer()
        try reader.skip(padding)
        return number
    }

    private static func paddedMAC(_ reader: inout WireReader) throws(OpenFlowError) -> MACAddress {
        let address = try reader.macAddress()
        try reader.skip(6)
        return address
    }

    func write(to buffer: inout ByteBuffer) {
        func write(_ type: OpenFlow10.ActionType, _ first: UInt16, _ second: UInt16 = 0) {
            buffer.writeMultipleIntegers(type.rawValue, UInt16(8), first, second)
        }
        func write(_ type: OpenFlow10.ActionType, _ octet: UInt8) {
            write(type, UInt16(octet) << 8)
        }
        func write(_ type: OpenFlow10.ActionType, _ address: IPv4Address) {
            buffer.writeMultipleIntegers(type.rawValue, UInt16(8), address.rawValue)
        }
        func write(_ type: OpenFlow10.ActionType, _ address: MACAddress) {
            buffer.writeMultipleIntegers(type.rawValue, UInt16(16), address.rawValue << 16, UInt32(0))
        }
        func write(nicira subtype: UInt16, length: UInt16) {
            buffer.writeMultipleIntegers(
                OpenFlow10.ActionType.vendor.rawValue, length, OpenFlow10.VendorID.nicira.rawValue, subtype)
        }
        switch self {
        case .output(let port, let maxLength): write(.output, port.rawValue, maxLength)
        case .setVLANVID(let vid): write(.setVLANVID, vid)
        case .setVLANPCP(let pcp): write(.setVLANPCP, pcp)
        case .stripVLAN: write(.stripVLAN, UInt16(0))
        case .setDLSrc(let address): write(.setDLSrc, address)
        case .setDLDst(let address): write(.setDLDst, address)
        case .setNWSrc(let address): write(.setNWSrc, address)
        case .setNWDst(let address): write(.setNWDst, address)
        case .setNWTOS(let tos): write(.setNWTOS, tos)
        case .setTPSrc(let port): write(.setTPSrc, port)
        case .setTPDst(let port): write(.setTPDst, port)
        case .enqueue(let port, let queue):
            buffer.writeMultipleIntegers(
                OpenFlow10.ActionType.enqueue.rawValue, UInt16(16), port.rawValue, UInt16(0), UInt32(0), queue
            )
        case .decrementTTL:
            write(nicira: NiciraSubtype.decrementTTL, length: 16)
            buffer.writeZeros(6)
        case .registerLoad(let load):
            write(nicira: NiciraSubtype.registerLoad, length: 24)
            load.write(to: &buffer)
        case .registerMove(let move):
            write(nicira: NiciraSubtype.registerMove, length: 24)
            move.write(to: &buffer)
        case .vendor(let vendor, let data):
            Self.write(.vendor, vendor.rawValue, data, to: &buffer)
        case .unknown(let type, let data):
            Self.write(type, nil, data, to: &buffer)
        }
    }

    private static func write(
        _ type: OpenFlow10.ActionType, _ vendor: UInt32?, _ data: ByteBuffer, to buffer: inout ByteBuffer
    ) {
        buffer.writeMeasured(lengthAt: 2) { buffer in
            buffer.writeMultipleIntegers(type.rawValue, UInt16(0))
            if let vendor { buffer.writeInteger(vendor) }
            buffer.writeImmutableBuffer(data)
            let size = headerSize + (vendor == nil ? 0 : 4) + data.readableBytes
            // Nothing after the header would make four bytes; the least that an action has is eight.
            buffer.writeZeros((8 - size % 8) % 8)
        }
    }
}
