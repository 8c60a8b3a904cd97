import NIOCore
import NetTypes

extension OpenFlow10.Match: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        let wild: UInt32 = try reader.integer()
        func unless<Value>(_ wildcard: UInt32, _ value: Value) -> Value? {
            wild & wildcard == 0 ? value : nil
        }
        func network(_ shift: UInt32, _ address: UInt32) -> OpenFlow10.IPv4Prefix {
            OpenFlow10.IPv4Prefix(
                IPv4Address(rawValue: address), wildcardBits: wild >> shift & Wildcard.nwMask)
        }
        self.init()
        inPort = unless(Wildcard.inPort, OpenFlow10.PortNumber(rawValue: try reader.integer()))
        dlSrc = unless(Wildcard.dlSrc, try reader.macAddress())
        dlDst = unless(Wildcard.dlDst, try reader.macAddress())
        dlVLAN = unless(Wildcard.dlVLAN, try reader.integer())
        dlVLANPCP = unless(Wildcard.dlVLANPCP, try reader.integer())
        try reader.skip(1)
        dlType = unless(Wildcard.dlType, OpenFlow10.EtherType(rawValue: try reader.integer()))
        nwTOS = unless(Wildcard.nwTOS, try reader.integer())
        nwProto = unless(Wildcard.nwProto, OpenFlow10.IPProtocol(rawValue: try reader.integer()))
        try reader.skip(2)
        nwSrc = network(Wildcard.nwSrcShift, try reader.integer())
        nwDst = network(Wildcard.nwDstShift, try reader.integer())
        tpSrc = unless(Wildcard.tpSrc, try reader.integer())
        tpDst = unless(Wildcard.tpDst, try reader.integer())
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(wildcards, fields.inPort)
        buffer.write(MACAddress(rawValue: fields.dlSrc))
        buffer.write(MACAddress(rawValue: fields.dlDst))
        buffer.writeMultipleIntegers(
            fields.dlVLAN, fields.dlVLANPCP, UInt8(0), fields.dlType, fields.nwTOS, fields.nwProto, UInt16(0),
            fields.nwSrc, fields.nwDst, fields.tpSrc, fields.tpDst)
    }
}
