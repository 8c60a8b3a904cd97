import NIOCore
import NetTypes

@testable import OpenFlow

// Captured as in SymmetricFixtures.swift.
extension Fixture {
    static let flows: [Fixture] = [
        Fixture(
            "flow mod with each match field",
            .openVSwitch(
                """
                add-flow priority=100,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_vlan=10,\
                dl_vlan_pcp=3,ip,nw_tos=184,nw_src=10.1.2.3/13,nw_dst=192.168.5.0/25,tcp,tp_src=179,tp_dst=2000,\
                cookie=0x1122334455667788,idle_timeout=60,hard_timeout=600,send_flow_rem,check_overlap,\
                actions=output:2
                """),
            hex: """
                010e0050000000060001d30000010200 00000001020000000002000a03000800
                b80600000a000000c0a8050000b307d0 11223344556677880000003c02580064
                ffffffffffff00030000000800020000
                """, xid: 6,
            .flowMod(
                .init(
                    .add, match: eachField, priority: 100, cookie: 0x1122_3344_5566_7788, idleTimeout: 60,
                    hardTimeout: 600, flags: [.sendFlowRemoved, .checkOverlap],
                    actions: [.output(2, maxLength: 0)]))),
        Fixture(
            "flow mod: ARP to the controller",
            .openVSwitch("add-flow priority=101,arp,nw_src=10.0.0.0/31,nw_proto=1,actions=CONTROLLER:65535"),
            hex: """
                010e005000000006003801cf 0*18 0806000100000a 0*26 65ffffffffffff000000000008fffdff
                ff
                """, xid: 6,
            .flowMod(.init(.add, match: arpRequests, priority: 101, actions: [.sendToController]))),
        Fixture(
            "flow mod: a route",
            .openVSwitch(
                """
                add-flow priority=102,dl_vlan=0xffff,ip,nw_dst=128.0.0.0/1,actions=dec_ttl,\
                mod_dl_src:0a:00:00:00:00:01,mod_dl_dst:0a:00:00:00:00:02,output:2
                """),
            hex: """
                010e0080000000060027e0ed 0*14 ffff00000800000000000000000080 0*22
                66ffffffffffff0000ffff0010000023 200012000000000000000400100a0000
                000001000000000000000500100a0000 00000200000000000000000008000200 00
                """,
            canonical: ["0027e0ed": "0037e0ed"],
            xid: 6, .flowMod(.init(.add, match: untaggedHalf, priority: 102, actions: routeActions))),
        Fixture(
            "flow mod: a route back out of the port that the packet came in by",
            .openVSwitch(
                """
                add-flow priority=103,ip,nw_dst=10.9.0.0/16,actions=dec_ttl,mod_dl_src:0a:00:00:00:00:01,\
                mod_dl_dst:0a:00:00:00:00:02,load:0->NXM_OF_IN_PORT[],output:1
                """),
            hex: """
                010e009800000006003420ef 0*18 080000000000000000000a09 0*21
                67ffffffffffff0000ffff0010000023 200012000000000000000400100a0000
                000001000000000000000500100a0000 000002000000000000ffff0018000023
                200007000f0000000200000000000000 000000000800010000
                """, xid: 6,
            .flowMod(.init(.add, match: hairpinNetwork, priority: 103, actions: hairpinActions))),
        Fixture(
            "flow mod with the other actions",
            .openVSwitch(
                """
                add-flow priority=104,tcp,in_port=2,actions=mod_vlan_vid:100,mod_vlan_pcp:5,strip_vlan,\
                mod_nw_src:1.2.3.4,mod_nw_dst:5.6.7.8,mod_nw_tos:184,mod_tp_src:80,mod_tp_dst:443,enqueue:3:7,\
                IN_PORT,NORMAL,FLOOD,ALL,LOCAL
                """),
            hex: """
                010e00c000000006003820ce0002 0*16 08000006 0*29 68ffffffffffff000000010008006400
                00000200080500000000030008000000 00000600080102030400070008050607
                0800080008b800000000090008005000 00000a000801bb0000000b0010000300
                00000000000000000700000008fff800 0000000008fffa000000000008fffb00
                0000000008fffc000000000008fffe00 00
                """, xid: 6,
            .flowMod(.init(.add, match: tcpFromPort2, priority: 104, actions: otherActions))),
        Fixture(
            "flow mod with vendor actions that have no case of their own",
            .openVSwitch(
                """
                add-flow priority=105,in_port=3,actions=resubmit:2,note:01.02.03.04.05.06.07,\
                load:0x123->NXM_NX_REG0[4..15]
                """),
            hex: """
                010e008800000006003820fe0003 0*49 69ffffffffffff0000ffff0010000023
                20000e0002ff000000ffff0018000023 20000801020304050607000000000000
                00ffff0018000023200007010b000100 040000000000000123
                """, xid: 6,
            .flowMod(.init(.add, match: .init(inPort: 3), priority: 105, actions: vendorActions))),
        Fixture(
            "flow mod: a drop", .openVSwitch("add-flow priority=106,in_port=3,dl_type=0x0a0a,actions=drop"),
            hex: "010e004800000006003820ee0003 0*16 0a0a 0*31 6affffffffffff0000", xid: 6,
            .flowMod(.init(.add, match: mappingFrames, priority: 106))),
        Fixture(
            "flow mod: a change of one flow",
            .openVSwitch("mod-flows --strict priority=106,in_port=3,dl_type=0x0a0a,actions=output:LOCAL"),
            hex: """
                010e005000000006003820ee0003 0*16 0a0a 0*25 0200000000006affffffffffff000000
                000008fffe0000
                """, xid: 6,
            .flowMod(
                .init(
                    .modifyStrict, match: mappingFrames, priority: 106,
                    actions: [.output(.local, maxLength: 0)]))),
        Fixture(
            "flow mod: a deletion of one flow", .openVSwitch("del-flows --strict (the first one)"),
            hex: """
                010e0048000000060001d30000010200 00000001020000000002000a03000800
                b80600000a000000c0a8050000b307d0 00000000000000000004000000000064 ffffffffffff0000
                """, xid: 6,
            .flowMod(.init(.deleteStrict, match: eachField, priority: 100))),
        Fixture(
            "flow mod: a deletion of all flows that output to a port", .openVSwitch("del-flows out_port=2"),
            hex: "010e004800000006003820ff 0*45 03000000008000ffffffff00020000", xid: 6,
            .flowMod(.init(.delete, match: .any, outPort: 2))),
        Fixture(
            "flow mod with a buffer, an emergency flow and an action that 1.0 does not know", .specification,
            hex: """
                010e006000000001 003820ff 0*36 0000000000000000 0001 0000 0000 8000 00000000 ffff 0004
                0000000800010080 000c001001020304050607080910 1112
                """,
            xid: 1,
            .flowMod(
                .init(
                    .modify, match: .any, bufferID: 0, flags: .emergency,
                    actions: [
                        .output(1, maxLength: 128),
                        .unknown(
                            type: .init(rawValue: 12), data: ByteBuffer(hex: "010203040506070809101112")),
                    ]))),
        Fixture(
            "flow removed: deleted", .openVSwitch("monitor, del-flows --strict"),
            hex: """
                010b0058000000000001d30000010200 00000001020000000002000a03000800
                b80600000a000000c0a8050000b307d0 1122334455667788006402000000000c 27e02140003c 0*18
                """, xid: 0,
            .flowRemoved(
                .init(
                    match: eachField, priority: 100, cookie: 0x1122_3344_5566_7788, reason: .delete,
                    duration: .init(seconds: 12, nanoseconds: 669_000_000), idleTimeout: 60, packetCount: 0,
                    byteCount: 0))),
        Fixture(
            "flow removed: idle", .openVSwitch("monitor, add-flow ...,udp,idle_timeout=1,send_flow_rem"),
            hex: """
                010b005800000000003820ce0003 0*16 08000011 0*23 c9000000000001002dc6c00001 0*18
                """, xid: 0,
            .flowRemoved(
                .init(
                    match: .init(inPort: 3, dlType: .ipv4, nwProto: .udp), priority: 201, cookie: 0,
                    reason: .idleTimeout, duration: .init(seconds: 1, nanoseconds: 3_000_000), idleTimeout: 1,
                    packetCount: 0, byteCount: 0))),
    ]

    static let eachField = OpenFlow10.Match(
        inPort: 1, dlSrc: MACAddress(rawValue: 0x0200_0000_0001),
        dlDst: MACAddress(rawValue: 0x0200_0000_0002),
        dlVLAN: 10, dlVLANPCP: 3, dlType: .ipv4, nwTOS: 184, nwProto: .tcp,
        nwSrc: network(10, 0, 0, 0, length: 13),
        nwDst: network(192, 168, 5, 0, length: 25), tpSrc: 179, tpDst: 2000)
    static let arpRequests = OpenFlow10.Match(
        dlType: .arp, nwProto: .init(rawValue: 1), nwSrc: network(10, 0, 0, 0, length: 31))
    static let untaggedHalf = OpenFlow10.Match(
        dlVLAN: OpenFlow10.Match.untagged, dlType: .ipv4, nwDst: network(128, 0, 0, 0, length: 1))
    static let hairpinNetwork = OpenFlow10.Match(dlType: .ipv4, nwDst: network(10, 9, 0, 0, length: 16))
    static let tcpFromPort2 = OpenFlow10.Match(inPort: 2, dlType: .ipv4, nwProto: .tcp)
    static let mappingFrames = OpenFlow10.Match(inPort: 3, dlType: .init(rawValue: 0x0A0A))

    static let routeActions: [OpenFlow10.Action] = [
        .decrementTTL, .setDLSrc(MACAddress(rawValue: 0x0A00_0000_0001)),
        .setDLDst(MACAddress(rawValue: 0x0A00_0000_0002)), .output(2, maxLength: 0),
    ]
    static let hairpinActions: [OpenFlow10.Action] =
        routeActions.dropLast() + [.registerLoad(.clearInPort), .output(1, maxLength: 0)]
    static let otherActions: [OpenFlow10.Action] = [
        .setVLANVID(100), .setVLANPCP(5), .stripVLAN, .setNWSrc(IPv4Address(rawValue: 0x0102_0304)),
        .setNWDst(IPv4Address(rawValue: 0x0506_0708)), .setNWTOS(184), .setTPSrc(80), .setTPDst(443),
        .enqueue(3, queue: 7), .output(.inPort, maxLength: 0), .output(.normal, maxLength: 0),
        .output(.flood, maxLength: 0), .output(.all, maxLength: 0), .output(.local, maxLength: 0),
    ]
    static let vendorActions: [OpenFlow10.Action] = [
        .vendor(.nicira, data: ByteBuffer(hex: "000e 0002 ff000000")),
        .vendor(.nicira, data: ByteBuffer(hex: "0008 01020304050607 0*7")),
        .registerLoad(.init(0x123, into: .init(rawValue: 0x0001_0004), offsetAndWidth: 4 << 6 | 11)),
    ]

    static func network(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, length: Int
    ) -> OpenFlow10.IPv4Prefix? {
        OpenFlow10.IPv4Prefix(IPv4Address(rawValue: a << 24 | b << 16 | c << 8 | d), length: length)
    }
}
