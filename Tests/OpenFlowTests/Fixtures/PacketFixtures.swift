import NIOCore
import NetTypes

@testable import OpenFlow

// Captured as in SymmetricFixtures.swift; the packets were put on the other ends of the veth pairs.
extension Fixture {
    static let packets: [Fixture] = [
        Fixture(
            "packet-in: no flow matched", .openVSwitch("monitor 65535"),
            hex: """
                010a004000000000ffffffff002e0001 0000ffffffffffff0200000000010800
                4500002000010000401166ca0a000001 0a0000023039d431000c000061626364
                """, xid: 0,
            .packetIn(.init(totalLength: 46, inPort: 1, reason: .noMatch, data: missedPacket))),
        Fixture(
            "packet-in: an action sent it", .openVSwitch("monitor 65535"),
            hex: """
                010a003c00000000ffffffff002a0001 0100ffffffffffff0200000000010806
                00010800060400010200000000010a00 00010000000000000a000002
                """, xid: 0,
            .packetIn(.init(totalLength: 42, inPort: 1, reason: .action, data: arpPacket))),
        Fixture(
            "packet-in: the TTL is invalid", .openVSwitch("monitor 65535 invalid_ttl"),
            hex: """
                010a004000000000ffffffff002e0001 02000a00000000010200000000010800
                45000020000100000111e7c90a000001 c80000023039d431000c000061626364
                """, xid: 0,
            .packetIn(.init(totalLength: 46, inPort: 1, reason: .invalidTTL, data: ttlPacket))),
        Fixture(
            "packet-in: the start of a packet that the switch keeps", .specification,
            hex: "010a001600000000 00000000 05dc 0002 00 00 01020304", xid: 0,
            .packetIn(
                .init(
                    bufferID: 0, totalLength: 1500, inPort: 2, reason: .noMatch,
                    data: ByteBuffer(hex: "01020304")))),
        Fixture(
            "packet-out", .openVSwitch("packet-out in_port=NONE,packet=...,actions=output:1"),
            hex: """
                010d003100000006ffffffffffff0008 00000008000100000a00000000020a00
                000000010a0a00000000000000010203 04
                """, xid: 6,
            .packetOut(
                .init(inPort: .none, actions: [.output(1, maxLength: 0)], data: mappingPacket))),
        Fixture(
            "packet-out through the flow table",
            .openVSwitch("packet-out in_port=CONTROLLER,packet=...,actions=TABLE"),
            hex: """
                010d003100000006fffffffffffd0008 00000008fff900000a00000000020a00
                000000010a0a00000000000000010203 04
                """, xid: 6,
            .packetOut(
                .init(inPort: .controller, actions: [.output(.table, maxLength: 0)], data: mappingPacket))),
        Fixture(
            "packet-out of a packet that the switch keeps", .specification,
            hex: "010d002000000009 00000000 0003 0010 0000000800010080 0000000800020080", xid: 9,
            .packetOut(
                .init(
                    bufferID: 0, inPort: 3,
                    actions: [.output(1, maxLength: 0x80), .output(2, maxLength: 0x80)], data: ByteBuffer()))),
        Fixture(
            "packet-out without actions", .specification,
            hex: "010d001200000009 ffffffff ffff 0000 abcd", xid: 9,
            .packetOut(.init(actions: [], data: ByteBuffer(hex: "abcd")))),
    ]

    private static let missedPacket = ByteBuffer(
        hex: """
            ffffffffffff 020000000001 0800 450000200001000040 1166ca 0a000001 0a000002
            3039d431000c0000 61626364
            """)
    private static let arpPacket = ByteBuffer(
        hex: "ffffffffffff 020000000001 0806 0001080006040001 020000000001 0a000001 0*6 0a000002")
    private static let ttlPacket = ByteBuffer(
        hex: """
            0a0000000001 020000000001 0800 450000200001000001 11e7c9 0a000001 c8000002
            3039d431000c0000 61626364
            """)
    private static let mappingPacket = ByteBuffer(
        hex: "0a0000000002 0a0000000001 0a0a 0000000000000001 020304")
}
