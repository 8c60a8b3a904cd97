import NetTypes
import RFLib
import Testing

@testable import RFMongo

@Suite("Envelopes as BSON")
struct CodecTests {
    @Test("Each message of each kind comes back as it was", arguments: Samples.messages)
    func roundTrip(_ message: RFMessage) throws {
        let sent = Samples.envelope([message])
        #expect(try envelope(in: bytes(of: sent)) == sent)
    }

    @Test("The samples have every kind")
    func samplesAreComplete() {
        #expect(Set(Samples.messages.map(\.kind)) == Set(RFMessage.Kind.allCases).subtracting([.unknown]))
    }

    @Test("A batch of 1000 routes comes back in order")
    func batch() throws {
        let routes = (0..<1000).map { Samples.route("10.\($0 / 256).\($0 % 256).0/24") }
        let sent = Samples.envelope(routes)
        #expect(try envelope(in: bytes(of: sent)) == sent)
    }

    @Test("Every prefix length of both versions comes back")
    func prefixLengths() throws {
        let routes =
            (0...32).map { Samples.route("203.0.113.255/\($0)") }
            + (0...128).map { Samples.route("2001:db8::ffff/\($0)") }
        let sent = Samples.envelope(routes)
        #expect(try envelope(in: bytes(of: sent)) == sent)
    }

    @Test("The envelope has the documented fields and types")
    func envelopeFields() {
        let id = ObjectID()
        let ack = Samples.envelope(
            [.ack(Ack(stream: 3, seq: 4))], seq: 2, from: .rfserver, to: Samples.client)
        #expect(
            json(bytes(of: ack, id: id)) == """
                { "_id" : { "$oid" : "\(id)" }, "from" : "rfserver", "to" : "02163e000a01", \
                "type" : { "$numberInt" : "12" }, "read" : false, "epoch" : { "$numberLong" : "7" }, \
                "to_epoch" : { "$numberLong" : "5" }, "stream" : { "$numberLong" : "1" }, \
                "seq" : { "$numberLong" : "2" }, \
                "content" : [ { "stream" : { "$numberLong" : "3" }, "seq" : { "$numberLong" : "4" } } ] }
                """)
    }

    @Test("Each kind has the documented fields and types", arguments: expectedContent)
    func contentFields(_ message: RFMessage, _ expected: String) {
        let document = BSONWriter.document { message.append(to: &$0) }
        #expect(json(document) == expected)
    }

    @Test("Two ids are never the same")
    func ids() {
        #expect(Set((0..<1000).map { _ in ObjectID() }).count == 1000)
    }
}

private func int(_ value: Int) -> String { "{ \"$numberInt\" : \"\(value)\" }" }
private func long(_ value: Int64) -> String { "{ \"$numberLong\" : \"\(value)\" }" }

private let expectedContent: [(RFMessage, String)] = [
    (
        Samples.messages[0],
        """
        { "vm_id" : "02163e000a01", "boot_id" : "5f3c", "ports" : [ \
        { "vm_port" : \(int(1)), "name" : "eth1", "hwaddress" : "02:17:3e:00:0a:01", "up" : true }, \
        { "vm_port" : \(int(255)), "name" : "é", "hwaddress" : "00:00:00:00:00:00", "up" : false } ] }
        """
    ),
    (
        .vmRegisterResponse(VMRegisterResponse(vmID: Samples.vmID, accept: true)),
        #"{ "vm_id" : "02163e000a01", "accept" : true, "reason" : "" }"#
    ),
    (
        .vmConfig(VMConfig(vmID: Samples.vmID, portCount: 2, hwAddress: Samples.mac, token: .max)),
        """
        { "vm_id" : "02163e000a01", "n_ports" : \(int(2)), "hwaddress" : "02:17:3e:00:0a:01", \
        "token" : \(long(-1)), "beat" : \(int(10_000)) }
        """
    ),
    (
        .datapathConfig(DatapathConfig(dpID: Samples.dpID, operation: .ospf)),
        #"{ "dp_id" : "0000000000000099", "operation_id" : \#(int(4)) }"#
    ),
    (
        Samples.route("10.0.0.0/8"),
        """
        { "vm_id" : "02163e000a01", "address" : "10.0.0.0", "netmask" : "255.0.0.0", "dst_port" : \(int(2)), \
        "src_hwaddress" : "02:17:3e:00:0a:01", "dst_hwaddress" : "aa:bb:cc:dd:ee:ff", "is_removal" : false, \
        "kind" : "route" }
        """
    ),
    (
        .routeInfo(RouteInfo(vmID: Samples.vmID, prefix: .ipv4Default, source: Samples.mac, forwarding: nil)),
        """
        { "vm_id" : "02163e000a01", "address" : "0.0.0.0", "netmask" : "0.0.0.0", \
        "src_hwaddress" : "02:17:3e:00:0a:01", "is_removal" : true }
        """
    ),
    (
        .flowMod(
            FlowMod(
                dpID: Samples.dpID, source: Samples.mac, prefix: Samples.prefix("2001:db8::/64"),
                forwarding: Forwarding(.punt))),
        """
        { "dp_id" : "0000000000000099", "address" : "2001:db8::", "netmask" : "/64", "dst_port" : \(int(0)), \
        "src_hwaddress" : "02:17:3e:00:0a:01", "dst_hwaddress" : "00:00:00:00:00:00", "is_removal" : false, \
        "kind" : "punt" }
        """
    ),
    (
        .datapathJoin(
            DatapathJoin(
                dpID: Samples.dpID, ctID: 3, isVirtualSwitch: false,
                ports: [.init(dpPort: 65279, name: "p", isUp: true)], connection: 7)),
        """
        { "dp_id" : "0000000000000099", "n_ports" : \(int(1)), "is_rfvs" : false, "ct_id" : \(int(3)), \
        "ports" : [ { "dp_port" : \(int(65279)), "name" : "p", "up" : true } ], "connection" : \(long(7)) }
        """
    ),
    (.datapathLeave(DatapathLeave(dpID: Samples.dpID)), #"{ "dp_id" : "0000000000000099" }"#),
    (
        .vmMap(VMMap(vmID: Samples.vmID, vmPort: 1, vsID: .defaultVirtualSwitch, vsPort: 7, token: 1 << 63)),
        """
        { "vm_id" : "02163e000a01", "vm_port" : \(int(1)), "vs_id" : "7266767372667673", "vs_port" : \(int(7)), \
        "token" : \(long(.min)), "is_removal" : false }
        """
    ),
    (.syncRequest(SyncRequest(stream: 3)), #"{ "stream" : \#(long(3)) }"#),
    (.syncBegin, "{ }"),
    (.syncEnd(SyncEnd(count: 5)), #"{ "count" : \#(long(5)) }"#),
    (.beat(Beat(stream: 2, seq: 9)), #"{ "stream" : \#(long(2)), "seq" : \#(long(9)) }"#),
    (
        .portMap(PortMap(dpID: Samples.dpID, dpPort: 1, ctID: 3, vsID: .defaultVirtualSwitch, vsPort: 7)),
        """
        { "dp_id" : "0000000000000099", "dp_port" : \(int(1)), "ct_id" : \(int(3)), \
        "vs_id" : "7266767372667673", "vs_port" : \(int(7)), "is_removal" : false }
        """
    ),
    (
        .datapathGrant(DatapathGrant(dpID: Samples.dpID, ctID: 3, turn: 2)),
        """
        { "dp_id" : "0000000000000099", "ct_id" : \(int(3)), "turn" : \(long(2)), "is_removal" : false }
        """
    ),
    (
        .tableComplete(TableComplete(dpID: Samples.dpID, isRemoval: true)),
        #"{ "dp_id" : "0000000000000099", "is_removal" : true }"#
    ),
    (
        .vmPortMapped(VMPortMapped(vmID: Samples.vmID, vmPort: 1)),
        #"{ "vm_id" : "02163e000a01", "vm_port" : \#(int(1)), "is_removal" : false }"#
    ),
    (
        .flowError(
            FlowError(
                dpID: Samples.dpID, source: Samples.mac, prefix: Samples.prefix("10.0.0.0/8"), type: 3,
                code: 2, carrier: IPPrefix("8.0.0.0/6"))),
        """
        { "dp_id" : "0000000000000099", "address" : "10.0.0.0", "netmask" : "255.0.0.0", \
        "src_hwaddress" : "02:17:3e:00:0a:01", "err_type" : \(int(3)), "err_code" : \(int(2)), \
        "carrier" : "8.0.0.0/6", "is_removal" : false }
        """
    ),
]
