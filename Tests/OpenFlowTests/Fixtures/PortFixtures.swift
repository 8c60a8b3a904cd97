import NIOCore
import NetTypes

@testable import OpenFlow

// Captured as in SymmetricFixtures.swift.
extension Fixture {
    static let ports: [Fixture] = [
        Fixture(
            "port status: switched off", .openVSwitch("mod-port p2 down"),
            hex: """
                010c0040000000000200000000000000 00020a00000000027032 0*17 0100000000000000c0 0*12
                """, xid: 0,
            .portStatus(.init(reason: .modify, port: vethPort(2, config: .portDown)))),
        Fixture(
            "port status: link lost", .openVSwitch("(ip link set h1 down)"),
            hex: """
                010c0040000000000200000000000000 00010a00000000017031 0*21 01000000c0 0*12
                """, xid: 0,
            .portStatus(.init(reason: .modify, port: vethPort(1, state: .linkDown)))),
        Fixture(
            "port status: deleted", .openVSwitch("(ovs-vsctl del-port p2)"),
            hex: """
                010c0040000000000100000000000000 00020a00000000027032 0*17 1000000000000000c0 0*12
                """, xid: 0,
            .portStatus(.init(reason: .delete, port: vethPort(2, config: .noFlood)))),
        Fixture(
            "port status: added", .openVSwitch("(ovs-vsctl add-port p2)"),
            hex: "010c0040 0*13 020a00000000027032 0*25 c0 0*12", xid: 0,
            .portStatus(.init(reason: .add, port: vethPort(2)))),
        Fixture(
            "port status of a reason that 1.0 does not know", .specification,
            hex: "010c004000000005 09 0*7 0005 0a0000000005 7035 0*14 0*24", xid: 5,
            .portStatus(
                .init(
                    reason: .init(rawValue: 9),
                    port: .init(number: 5, hwAddr: MACAddress(rawValue: 0x0A00_0000_0005), name: "p5")))),
        Fixture(
            "port mod: off", .openVSwitch("mod-port p2 down"),
            hex: "010f00200000000400020a0000000002 00000001000000010000000000000000", xid: 4,
            .portMod(portMod(config: .portDown, mask: .portDown))),
        Fixture(
            "port mod: on", .openVSwitch("mod-port p2 up"),
            hex: "010f00200000000400020a0000000002 00000000000000010000000000000000", xid: 4,
            .portMod(portMod(config: [], mask: .portDown))),
        Fixture(
            "port mod with everything", .specification,
            hex: "010f002000000001 0001 0123456789ab 0000007f 0000007f 00000fff 00000000", xid: 1,
            .portMod(
                .init(
                    port: 1, hwAddr: MACAddress(rawValue: 0x0123_4567_89AB),
                    config: [
                        .portDown, .noSTP, .noReceive, .noReceiveSTP, .noFlood, .noForward, .noPacketIn,
                    ],
                    mask: .init(rawValue: 0x7F),
                    advertise: [
                        .mb10HalfDuplex, .mb10FullDuplex, .mb100HalfDuplex, .mb100FullDuplex, .gb1HalfDuplex,
                        .gb1FullDuplex, .gb10FullDuplex, .copper, .fiber, .autoNegotiation, .pause,
                        .asymmetricPause,
                    ]))),
    ]

    private static func portMod(
        config: OpenFlow10.PortConfig, mask: OpenFlow10.PortConfig
    ) -> OpenFlow10.PortMod {
        OpenFlow10.PortMod(
            port: 2, hwAddr: MACAddress(rawValue: 0x0A00_0000_0002), config: config, mask: mask)
    }
}
