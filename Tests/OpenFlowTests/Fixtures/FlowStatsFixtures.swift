import NIOCore
import NetTypes

@testable import OpenFlow

// Captured as in SymmetricFixtures.swift; the flows are those of FlowFixtures.swift. The first of several parts of a
// reply, which had 585 flows, is cut to two.
extension Fixture {
    static let flowStats: [Fixture] = [
        Fixture(
            "flow statistics request", .openVSwitch("-F openflow10 dump-flows"),
            hex: "011000380000000200010000003820ff 0*36 ff00ffff", xid: 2, .statsRequest(.flow(.init()))),
        Fixture(
            "flow statistics", .openVSwitch("-F openflow10 dump-flows"),
            hex: """
                0111043c000000020001000000600000 003820ee0003 0*16 0a0a 0*19 010d2c3140006a 0*37
                08fffe000000980000003820fe0003 0*37 0120c855800069 0*34
                ffff001000002320000e0002ff000000 ffff0018000023200008010203040506
                0700000000000000ffff001800002320 0007010b000100040000000000000123
                00d00000003820ce0002 0*16 08000006 0*17 0132d7bf400068 0*35
                01000800640000000200080500000000 03000800000000000600080102030400
                0700080506070800080008b800000000 09000800500000000a000801bb000000
                0b001000030000000000000000000700 000008fff8000000000008fffa000000
                000008fffb000000000008fffc000000 000008fffe000000a80000003420ef 0*18
                080000000000000000000a0900000000 00000000000209f437c00067 0*34
                ffff0010000023200012000000000000 000400100a0000000001000000000000
                000500100a0000000002000000000000 ffff0018000023200007000f00000002
                00000000000000000000000800010000 009000000027e0ed 0*14
                ffff0000080000000000000000008000 000000000000000000021c3168400066 0*34
                ffff0010000023200012000000000000 000400100a0000000001000000000000
                000500100a0000000002000000000000 000000080002000000600000003801cf 0*18
                0806000100000a 0*14 022f072f400065 0*37 08fffdffff006000000001d300000102
                0000000001020000000002000a030008 00b80600000a000000c0a8050000b307
                d000000003040d99000064003c025800 00000000001122334455667788 0*19
                080002000000700000003820ef 0*18 08 0*21 26fb3f800005 0*34
                ffff0010000023200012000000000000 0000000800020000
                """,
            canonical: ["0027e0ed": "0037e0ed"],
            xid: 2,
            .statsReply(
                .init(
                    .flow([
                        .init(
                            match: mappingFrames, priority: 106,
                            duration: .init(seconds: 1, nanoseconds: 221_000_000),
                            actions: [.output(.local, maxLength: 0)]),
                        .init(
                            match: .init(inPort: 3), priority: 105,
                            duration: .init(seconds: 1, nanoseconds: 550_000_000), actions: vendorActions),
                        .init(
                            match: tcpFromPort2, priority: 104,
                            duration: .init(seconds: 1, nanoseconds: 853_000_000), actions: otherActions),
                        .init(
                            match: hairpinNetwork, priority: 103,
                            duration: .init(seconds: 2, nanoseconds: 167_000_000), actions: hairpinActions),
                        .init(
                            match: untaggedHalf, priority: 102,
                            duration: .init(seconds: 2, nanoseconds: 473_000_000), actions: routeActions),
                        .init(
                            match: arpRequests, priority: 101,
                            duration: .init(seconds: 2, nanoseconds: 789_000_000),
                            actions: [.sendToController]),
                        .init(
                            match: eachField, priority: 100, cookie: 0x1122_3344_5566_7788,
                            duration: .init(seconds: 3, nanoseconds: 68_000_000), idleTimeout: 60,
                            hardTimeout: 600, actions: [.output(2, maxLength: 0)]),
                        .init(
                            match: .init(dlType: .ipv4), priority: 5,
                            duration: .init(seconds: 0, nanoseconds: 654_000_000),
                            actions: [.decrementTTL, .output(2, maxLength: 0)]),
                    ])))),
        Fixture(
            "flow statistics, with more to follow", .openVSwitch("-F openflow10 dump-flows"),
            hex: """
                011100ec000000020001000100700000 003220ef 0*18 080000000000000000000a0000000000
                0000000000001efe9200012c 0*34 ffff0010000023200012000000000000
                000000080002000000700000003220ef 0*18 080000000000000000000a0001000000
                0000000000001eef4fc0012c 0*34 ffff0010000023200012000000000000 0000000800020000
                """, xid: 2,
            .statsReply(
                .init(
                    .flow([
                        numberedFlow(0, nanoseconds: 520_000_000), numberedFlow(1, nanoseconds: 519_000_000),
                    ]),
                    more: true))),
        Fixture(
            "no flow statistics", .specification, hex: "0111000c00000001 0001 0000", xid: 1,
            .statsReply(.init(.flow([])))),
        Fixture(
            "aggregate statistics request",
            .openVSwitch("-F openflow10 dump-aggregate in_port=3,out_port=LOCAL"),
            hex: "011000380000000600020000003820fe 0003 0*34 ff00fffe", xid: 6,
            .statsRequest(.aggregate(.init(match: .init(inPort: 3), outPort: .local)))),
        Fixture(
            "aggregate statistics", .openVSwitch("-F openflow10 dump-aggregate"),
            hex: "01110024000000020002 0*21 0800000000", xid: 2,
            .statsReply(.init(.aggregate(.init(packetCount: 0, byteCount: 0, flowCount: 8))))),
        Fixture(
            "aggregate statistics with each number", .specification,
            hex: "0111002400000001 0002 0000 0000000000000001 0000000000000002 00000003 00000000", xid: 1,
            .statsReply(.init(.aggregate(.init(packetCount: 1, byteCount: 2, flowCount: 3))))),
    ]

    private static func numberedFlow(
        _ number: UInt32, nanoseconds: UInt32
    ) -> OpenFlow10.FlowStats {
        OpenFlow10.FlowStats(
            match: .init(dlType: .ipv4, nwDst: network(10, 0, number, 0, length: 24)), priority: 300,
            duration: .init(seconds: 0, nanoseconds: nanoseconds),
            actions: [.decrementTTL, .output(2, maxLength: 0)])
    }
}
