import NIOCore
import NetTypes

@testable import OpenFlow

// Captured as in SymmetricFixtures.swift; port 3 had a linux-htb QoS with the queues 0 and 7.
extension Fixture {
    static let queues: [Fixture] = [
        Fixture(
            "queue configuration request", .openVSwitch("queue-get-config 3"),
            hex: "0114000c0000000200030000", xid: 2, .queueGetConfigRequest(port: 3)),
        Fixture(
            "queue configuration", .openVSwitch("queue-get-config 3"),
            hex: "01150020000000020003000000000000 00000000000800000000000700080000", xid: 2,
            .queueGetConfigReply(
                .init(port: 3, queues: [.init(id: 0, properties: []), .init(id: 7, properties: [])]))),
        Fixture(
            "queue configuration of a port without queues", .openVSwitch("queue-get-config"),
            hex: "01150010000000040001000000000000", xid: 4,
            .queueGetConfigReply(.init(port: 1, queues: []))),
        Fixture(
            "queue configuration with properties", .specification,
            hex: """
                0115004000000001 0001 0*6
                00000005 0028 0000  0001 0010 00000000 01f4 0*6  0002 0010 00000000 03e8 0*6
                00000006 0008 0000
                """,
            xid: 1,
            .queueGetConfigReply(
                .init(
                    port: 1,
                    queues: [
                        .init(
                            id: 5,
                            properties: [
                                .minRate(500), .unknown(type: 2, data: ByteBuffer(hex: "03e8 0*6")),
                            ]),
                        .init(id: 6, properties: []),
                    ]))),
    ]
}
