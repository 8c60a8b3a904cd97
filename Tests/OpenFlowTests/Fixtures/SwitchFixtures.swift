import NIOCore
import NetTypes

@testable import OpenFlow

// Captured as in SymmetricFixtures.swift.
extension Fixture {
    static let switches: [Fixture] = [
        Fixture("features request", .openVSwitch("show"), hex: "0105000800000002", xid: 2, .featuresRequest),
        Fixture(
            "features reply", .openVSwitch("show"),
            hex: """
                010600e0000000020000001234567890 00000000fe000000000000c700000fff
                fffe2e30bf7aa24a627230 0*16 0100000001000000c0 0*13 010a00000000017031 0*25 c0 0*13
                020a00000000027032 0*25 c0 0*13 030a00000000037033 0*25 c0 0*12
                """, xid: 2,
            .featuresReply(
                .init(
                    datapathID: DatapathID(rawValue: 0x12_3456_7890), nBuffers: 0, nTables: 254,
                    capabilities: [.flowStats, .tableStats, .portStats, .queueStats, .arpMatchIP],
                    actions: .init(rawValue: 0xFFF),
                    ports: [
                        .init(
                            number: .local, hwAddr: MACAddress(rawValue: 0x2E30BF7AA24A), name: "br0",
                            config: .portDown, state: .linkDown, current: [.gb10FullDuplex, .copper]),
                        vethPort(1), vethPort(2), vethPort(3),
                    ]))),
        Fixture(
            "features reply of a switch with everything", .specification,
            hex: """
                0106005000000001 ffffffffffffffff 00000100 01 000000 ffffffff ffffffff
                ff00 0123456789ab 313233343536373839303132333435 00
                ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff
                """,
            xid: 1,
            .featuresReply(
                .init(
                    datapathID: DatapathID(rawValue: .max), nBuffers: 256, nTables: 1,
                    capabilities: .init(rawValue: .max), actions: .init(rawValue: .max),
                    ports: [
                        .init(
                            number: .max, hwAddr: MACAddress(rawValue: 0x0123_4567_89AB),
                            name: "123456789012345",
                            config: .init(rawValue: .max), state: .init(rawValue: .max),
                            current: .init(rawValue: .max), advertised: .init(rawValue: .max),
                            supported: .init(rawValue: .max), peer: .init(rawValue: .max))
                    ]))),
        Fixture(
            "get config request", .openVSwitch("show"), hex: "0107000800000004", xid: 4, .getConfigRequest),
        Fixture(
            "get config reply", .openVSwitch("set-frags drop"), hex: "0108000c0000000500010000", xid: 5,
            .getConfigReply(.init(flags: .fragDrop, missSendLen: 0))),
        Fixture(
            "get config reply with whole packets and invalid TTLs", .openVSwitch("monitor 65535 invalid_ttl"),
            hex: "0108000c000000080004ffff", xid: 8,
            .getConfigReply(.init(flags: .invalidTTLToController, missSendLen: 0xFFFF))),
        Fixture(
            "set config", .openVSwitch("monitor 65535 invalid_ttl"), hex: "0109000c000000060004ffff", xid: 6,
            .setConfig(.init(flags: .invalidTTLToController, missSendLen: 0xFFFF))),
    ]

    /// A veth port of the bridge, as Open vSwitch describes it.
    static func vethPort(
        _ number: UInt16, config: OpenFlow10.PortConfig = [], state: OpenFlow10.PortState = []
    ) -> OpenFlow10.PhyPort {
        OpenFlow10.PhyPort(
            number: .init(rawValue: number), hwAddr: MACAddress(rawValue: 0x0A00_0000_0000 + UInt64(number)),
            name: "p\(number)", config: config, state: state, current: [.gb10FullDuplex, .copper])
    }
}
