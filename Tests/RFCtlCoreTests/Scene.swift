import NetTypes
import RFLib

@testable import RFCtlCore

/// One VM and its datapath, all well: tests spoil one thing.
struct Scene {
    static let vmID = VMID(rawValue: 0x02A0_A0A0_A0A0)
    static let dpID = DatapathID(rawValue: 5)
    static let mac = MACAddress(rawValue: 0x02D1_D0D0_D0D0)
    static let prefix = IPPrefix("172.31.4.0/24")!

    var answers = Answers()

    init() {
        let word = PrefixWord(
            prefix: Self.prefix, forwarding: Forwarding(.route, port: 4, destination: Self.mac))
        let row = RFEntry(
            vm: .init(Self.vmID, 4), datapath: .init(Self.dpID, 4), virtual: .init(.defaultVirtualSwitch, 9))
        answers.clients[Self.vmID] = ClientReport(
            vmID: Self.vmID, hostName: "rfvmA", epoch: 3, isAccepted: true,
            ports: [.init(number: 4, name: "eth4", isUp: true)], prefixes: 1,
            route: .init(
                prefix: Self.prefix, metric: 20, type: "unicast",
                nextHops: [
                    .init(
                        gateway: IPAddress("50.0.0.4")!, interface: "eth4", isLive: true,
                        linkAddress: Self.mac,
                        state: "REACHABLE")
                ], obstacle: nil), word: word)
        answers.server = ServerReport(
            epoch: 2,
            vms: [
                .init(
                    vmID: Self.vmID, isRegistered: true, isInStep: true, prefixes: 1, ports: [4: true],
                    refusal: nil)
            ],
            proxies: [0],
            connected: [
                DatapathJoin(
                    dpID: Self.dpID, ctID: 0, isVirtualSwitch: false,
                    ports: [.init(dpPort: 4, name: "sA-eth4", isUp: true)]),
                DatapathJoin(dpID: .defaultVirtualSwitch, ctID: 0, isVirtualSwitch: true, ports: []),
            ],
            rows: [row], named: [.init(vm: .init(Self.vmID, 4), datapath: .init(Self.dpID, 4))], word: word)
        let action = "port 4, to \(Self.mac)"
        answers.proxies[0] = ProxyReport(
            ctID: 0, epoch: 7,
            datapaths: [
                .init(dpID: Self.dpID, isConnected: true, flows: 12, waiting: 0, refused: 0, isComplete: true)
            ],
            flows: [
                .init(
                    dpID: Self.dpID, prefix: Self.prefix, priority: 32816, action: action,
                    progress: .installed,
                    reading: .init(action: action, packets: 10, bytes: 980), isRead: true)
            ])
    }

    var explanation: Explanation { Explanation(of: Self.vmID, in: answers) }

    /// What the VM and rfserver say of the destination.
    mutating func say(_ forwarding: Forwarding, prefix: IPPrefix = Self.prefix) {
        let word = PrefixWord(prefix: prefix, forwarding: forwarding)
        answers.clients[Self.vmID]?.word = word
        answers.server?.word = word
    }
}
