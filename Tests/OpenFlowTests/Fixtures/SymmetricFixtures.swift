import NIOCore
import NetTypes

@testable import OpenFlow

// Captured on Debian 12 with tcpdump between ovs-ofctl and ovs-vswitchd of Open vSwitch 3.1.0: a bridge with
// datapath_type=netdev, protocols=OpenFlow10, fail-mode=secure, three veth ports, and a controller ptcp:6653.
// The command is the one that made the message go over the wire; what it printed was compared with the values.
extension Fixture {
    static let symmetric: [Fixture] = [
        Fixture(
            "hello", .openVSwitch("show"), hex: "0100000800000001", xid: 1, .hello),
        Fixture(
            "echo request without data", .openVSwitch("monitor"), hex: "0102000800000000", xid: 0,
            .echoRequest(ByteBuffer())),
        Fixture(
            "echo request with data", .openVSwitch("ping 32"),
            hex: """
                010200280000000243ee8efb603195ee bcb29b5f1aed48100fd69eb02067bf21 2d303b667296ec07
                """, xid: 2, .echoRequest(pingData)),
        Fixture(
            "echo reply with data", .openVSwitch("ping 32"),
            hex: """
                010300280000000243ee8efb603195ee bcb29b5f1aed48100fd69eb02067bf21 2d303b667296ec07
                """, xid: 2, .echoReply(pingData)),
        Fixture(
            "vendor message", .openVSwitch("-P standard monitor"),
            hex: "01040014000000090000232000000010 00000000", xid: 9,
            .vendor(.init(vendor: .nicira, data: ByteBuffer(hex: "0000001000000000")))),
        Fixture(
            "role request", .specification, hex: "0104001400000009000023200000000a00000001", xid: 9,
            .request(.master)),
        Fixture(
            "role reply", .openVSwitch("(answer to a role request)"),
            hex: "0104001400000002000023200000000b00000001", xid: 2, .reply(.master)),
        Fixture(
            "barrier request", .openVSwitch("monitor"), hex: "0112000800000004", xid: 4, .barrierRequest),
        Fixture(
            "barrier reply", .openVSwitch("monitor"), hex: "0113000800000004", xid: 4, .barrierReply),
        Fixture(
            "error: the flow overlaps",
            .openVSwitch("add-flow priority=100,in_port=1,check_overlap,actions=drop"),
            hex: """
                010100540000000600030001010e0048 00000006003820fe0001 0*49 64ffffffffffff0002
                """, xid: 6,
            .error(
                .init(
                    code: .overlap,
                    data: ByteBuffer(hex: "010e004800000006003820fe0001 0*49 64ffffffffffff0002")))),
        Fixture(
            "error: the type of message is unknown", .openVSwitch("(answer to a message of type 99)"),
            hex: "0101001800000003 00010001 0163000c0000000331323334", xid: 3,
            .error(.init(code: .badType, data: ByteBuffer(hex: "0163000c0000000331323334")))),
        Fixture(
            "error: the queue's port is bad",
            .openVSwitch("(answer to a queue configuration request for port 77)"),
            hex: "0101001800000008 00050000 0114000c00000008004d0000", xid: 8,
            .error(
                .init(
                    code: .init(type: .queueOpFailed, code: 0),
                    data: ByteBuffer(hex: "0114000c00000008004d0000")))),
        Fixture(
            "error that 1.0 does not know", .specification, hex: "0101000c00000007 000effff", xid: 7,
            .error(.init(code: .init(type: .init(rawValue: 14), code: 0xFFFF), data: ByteBuffer()))),
        Fixture(
            "message that 1.0 does not know", .specification, hex: "0163000c00000003 31323334", xid: 3,
            .unknown(.init(rawValue: 99), data: ByteBuffer(string: "1234"))),
    ]

    private static let pingData = ByteBuffer(
        hex: "43ee8efb603195eebcb29b5f1aed4810 0fd69eb02067bf212d303b667296ec07")
}
