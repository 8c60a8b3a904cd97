import NetTypes
import RFLib

enum Samples {
    static let vmID = VMID(rawValue: 0x0216_3E00_0A01)
    static let dpID = DatapathID(rawValue: 0x99)
    static let mac = MACAddress(rawValue: 0x0217_3E00_0A01)
    static let next = MACAddress(rawValue: 0xAABB_CCDD_EEFF)
    static let client = PeerName.rfclient(vmID)

    static func prefix(_ text: String) -> IPPrefix { IPPrefix(text)! }

    /// At least one message of each kind, and each form that a kind has.
    static let messages: [RFMessage] = [
        .vmRegisterRequest(
            VMRegisterRequest(
                vmID: vmID, bootID: "5f3c",
                ports: [
                    .init(vmPort: 1, name: "eth1", hwAddress: mac, isUp: true),
                    .init(vmPort: 255, name: "é", hwAddress: .zero, isUp: false),
                ])),
        .vmRegisterRequest(VMRegisterRequest(vmID: vmID, bootID: "", ports: [])),
        .vmRegisterResponse(VMRegisterResponse(vmID: vmID, accept: false, reason: "duplicate vm_id")),
        .vmConfig(VMConfig(vmID: vmID, portCount: 2, hwAddress: mac, token: .max)),
        .datapathConfig(DatapathConfig(dpID: dpID, operation: .ospf)),
        route("10.0.0.0/8"), route("0.0.0.0/0"), route("192.0.2.1/32"), route("198.51.100.128/25"),
        route("2001:db8::/32"), route("::/0"), route("2001:db8::1/128"),
        .routeInfo(RouteInfo(vmID: vmID, prefix: prefix("172.31.1.0/24"), source: mac, forwarding: nil)),
        .routeInfo(
            RouteInfo(
                vmID: vmID, prefix: prefix("172.31.1.0/24"), source: mac, forwarding: Forwarding(.blackhole))),
        .flowMod(
            FlowMod(
                dpID: dpID, source: mac, prefix: prefix("10.1.0.0/16"),
                forwarding: Forwarding(.host, port: 0xFFFE, destination: next))),
        .flowMod(FlowMod(dpID: dpID, source: mac, prefix: prefix("10.1.0.0/16"), forwarding: nil)),
        .datapathJoin(
            DatapathJoin(
                dpID: dpID, ctID: 3, isVirtualSwitch: false,
                ports: [.init(dpPort: 1, name: "s1-eth1", isUp: true)])),
        .datapathJoin(DatapathJoin(dpID: .defaultVirtualSwitch, ctID: 0, isVirtualSwitch: true, ports: [])),
        .datapathLeave(DatapathLeave(dpID: dpID)),
        .vmMap(
            VMMap(vmID: vmID, vmPort: 1, vsID: .defaultVirtualSwitch, vsPort: 7, token: 0x8000_0000_0000_0001)
        ),
        .syncRequest(SyncRequest(stream: 3)), .syncBegin, .syncEnd(SyncEnd(count: 1_000_000_000_000)),
        .ack(Ack(stream: 1, seq: 64)), .beat(Beat(stream: 2, seq: 9)),
        .portMap(PortMap(dpID: dpID, dpPort: 1, vsID: .defaultVirtualSwitch, vsPort: 7, isRemoval: true)),
        .datapathGrant(DatapathGrant(dpID: dpID, ctID: 1, turn: .max)),
        .datapathGrant(DatapathGrant(dpID: dpID, ctID: 0, isRemoval: true)),
        .tableComplete(TableComplete(dpID: dpID)), .vmPortMapped(VMPortMapped(vmID: vmID, vmPort: 1)),
        .flowError(FlowError(dpID: dpID, source: mac, prefix: prefix("10.0.0.0/8"), type: 3, code: 65535)),
        .flowError(
            FlowError(
                dpID: dpID, source: mac, prefix: prefix("10.0.0.0/8"), type: 3, code: 0,
                carrier: prefix("0.0.0.0/0"))),
        .inquiry(Inquiry(id: .max)),
        .inquiry(Inquiry(id: 1, vmID: vmID, destination: IPv4Address(rawValue: 0xAC1F_0464))),
        .report(Report(id: 1, body: "{\"é\":1}")),
    ]

    static func route(_ text: String) -> RFMessage {
        .routeInfo(
            RouteInfo(
                vmID: vmID, prefix: prefix(text), source: mac,
                forwarding: Forwarding(.route, port: 2, destination: next)))
    }

    static func envelope(
        _ content: [RFMessage] = [route("10.0.0.0/8")], seq: Int64 = 1, from: PeerName = client,
        to: PeerName = .rfserver
    ) -> Envelope {
        Envelope(
            from: from, to: to, epoch: 7, toEpoch: 5, stream: 1, seq: seq, kind: content[0].kind,
            content: content)
    }

    /// Envelopes with consecutive numbers.
    static func envelopes(_ numbers: ClosedRange<Int64>, from: PeerName = client) -> [Envelope] {
        numbers.map { envelope(seq: $0, from: from) }
    }
}
