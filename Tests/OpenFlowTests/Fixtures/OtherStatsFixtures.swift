import NIOCore
import NetTypes

@testable import OpenFlow

// Captured as in SymmetricFixtures.swift; the tables' statistics, 254 tables of 64 bytes, are cut to the first two.
extension Fixture {
    static let otherStats: [Fixture] = [
        Fixture(
            "description request", .openVSwitch("dump-desc"), hex: "0110000c0000000200000000", xid: 2,
            .statsRequest(.desc)),
        Fixture(
            "description", .openVSwitch("dump-desc"),
            hex: """
                0111042c00000002000000004e696369 72612c20496e632e 0*244 4f70656e2076537769746368
                0*244 332e312e30 0*251 4e6f6e65 0*28 4e6f6e65 0*252
                """, xid: 2,
            .statsReply(
                .init(
                    .desc(
                        .init(
                            manufacturer: "Nicira, Inc.", hardware: "Open vSwitch", software: "3.1.0",
                            serialNumber: "None", datapath: "None"))))),
        Fixture(
            "tables' statistics request", .openVSwitch("dump-tables"), hex: "0110000c0000000200030000",
            xid: 2,
            .statsRequest(.table)),
        Fixture(
            "tables' statistics", .openVSwitch("dump-tables"),
            hex: """
                0111008c000000020003 0*39 3fffff000f4240000000080000000000 000001000000000000000001
                0*36 3fffff000f4240 0*20
                """, xid: 2,
            .statsReply(.init(.table([table(0, active: 8, lookups: 1), table(1)])))),
        Fixture(
            "tables' statistics with names", .specification,
            hex: """
                0111004c00000001 0003 0000 07 000000 6578616374 0*27
                00000000 00000400 00000003 0000000000000064 0000000000000032
                """,
            xid: 1,
            .statsReply(
                .init(
                    .table([
                        .init(
                            tableID: 7, name: "exact", wildcards: 0, maxEntries: 1024, activeCount: 3,
                            lookupCount: 100, matchedCount: 50)
                    ])))),
        Fixture(
            "ports' statistics request", .openVSwitch("dump-ports"),
            hex: "011000140000000200040000ffff000000000000", xid: 2, .statsRequest(.port(.none))),
        Fixture(
            "ports' statistics", .openVSwitch("dump-ports"),
            hex: """
                011101ac0000000200040000fffe 0*103 01 0*13 01 0*15 2e 0*73 02 0*103 03 0*102
                """, xid: 2,
            .statsReply(
                .init(
                    .port([
                        .init(port: .local), .init(port: 1, rxPackets: 1, rxBytes: 46), .init(port: 2),
                        .init(port: 3),
                    ])))),
        Fixture(
            "port statistics with each counter", .specification,
            hex: """
                0111007400000001 0004 0000 0005 0*6
                0000000000000001 0000000000000002 0000000000000003 0000000000000004
                0000000000000005 0000000000000006 0000000000000007 0000000000000008
                0000000000000009 000000000000000a 000000000000000b ffffffffffffffff
                """,
            xid: 1,
            .statsReply(
                .init(
                    .port([
                        .init(
                            port: 5, rxPackets: 1, txPackets: 2, rxBytes: 3, txBytes: 4, rxDropped: 5,
                            txDropped: 6, rxErrors: 7, txErrors: 8, rxFrameErrors: 9, rxOverErrors: 10,
                            rxCRCErrors: 11, collisions: .max)
                    ])))),
        Fixture(
            "all queues' statistics request", .openVSwitch("queue-stats"),
            hex: "011000140000000200050000fffc0000ffffffff", xid: 2, .statsRequest(.queue(.init()))),
        Fixture(
            "queue statistics request", .openVSwitch("queue-stats 3 7"),
            hex: "0110001400000002000500000003000000000007", xid: 2,
            .statsRequest(.queue(.init(port: 3, queueID: 7)))),
        Fixture(
            "queues' statistics", .openVSwitch("queue-stats"),
            hex: "0111004c000000020005000000030000 00000007 0*25 03 0*30", xid: 2,
            .statsReply(.init(.queue([queue(7), queue(0)])))),
        Fixture(
            "queue statistics with each counter", .specification,
            hex: """
                0111002c00000001 0005 0000 0002 0000 00000009
                0000000000000001 0000000000000002 0000000000000003
                """,
            xid: 1,
            .statsReply(
                .init(.queue([.init(port: 2, queueID: 9, txBytes: 1, txPackets: 2, txErrors: 3)])))),
        Fixture(
            "vendor statistics request", .openVSwitch("dump-flows"),
            hex: "0110002000000004ffff000000002320 0000000000000000ffff0000ff000000", xid: 4,
            .statsRequest(
                .vendor(.init(vendor: .nicira, data: ByteBuffer(hex: "0000000000000000ffff0000ff000000"))))),
        Fixture(
            "vendor statistics", .specification,
            hex: "0111001400000001 ffff 0001 00abcdef 01020304", xid: 1,
            .statsReply(
                .init(
                    .vendor(.init(vendor: .init(rawValue: 0xAB_CDEF), data: ByteBuffer(hex: "01020304"))),
                    more: true))),
        Fixture(
            "request for statistics that 1.0 does not know", .openVSwitch("dump-ports-desc"),
            hex: "0110000c00000002000d0000", xid: 2,
            .statsRequest(.unknown(.init(rawValue: 13), data: ByteBuffer()))),
        Fixture(
            "statistics that 1.0 does not know", .specification,
            hex: "0111001000000002 000d 0000 01020304", xid: 2,
            .statsReply(
                .init(.unknown(.init(rawValue: 13), data: ByteBuffer(hex: "01020304"))))),
    ]

    private static func table(
        _ id: UInt8, active: UInt32 = 0, lookups: UInt64 = 0
    ) -> OpenFlow10.TableStats {
        OpenFlow10.TableStats(
            tableID: id, name: "", wildcards: 0x3F_FFFF, maxEntries: 1_000_000, activeCount: active,
            lookupCount: lookups, matchedCount: 0)
    }

    private static func queue(_ id: UInt32) -> OpenFlow10.QueueStats {
        OpenFlow10.QueueStats(port: 3, queueID: id, txBytes: 0, txPackets: 0, txErrors: 0)
    }
}
