import NetTypes
import RFLib

/// A peer of rfserver that says what a test wants, over a real conversation, and remembers what it is told.
struct Speaker: WantedState {
    private(set) var wanted: [RFKey: RFMessage] = [:]
    private(set) var replica: [RFKey: RFMessage] = [:]
    /// Everything that it was told, in order.
    private(set) var heard: [RFMessage] = []
    private var conversation: Conversation
    private let ctID: Int32

    init(_ name: String, epoch: Int64, at now: Instant) {
        let name = PeerName(name)
        var limits = StreamLimits()
        if name.ctID != nil { limits.livenessInterval = .seconds(1) }
        ctID = name.ctID ?? 0
        conversation = Conversation(me: name, epoch: epoch, peer: .rfserver, limits: limits, at: now)
    }

    mutating func say(_ message: RFMessage) {
        guard let key = message.key else { return }
        wanted[key] = message.isRemoval ? nil : message
        conversation.changed(key)
    }

    func keys(for peer: PeerName) -> [RFKey] { Array(wanted.keys) }
    func message(for key: RFKey) -> RFMessage? { wanted[key] }

    var deadline: Instant { conversation.deadline }

    mutating func flush(at now: Instant) -> [Envelope] {
        let state = self
        return conversation.flush(state, at: now)
    }

    mutating func receive(_ envelope: Envelope, at now: Instant) {
        for delivery in conversation.receive(envelope, at: now) {
            switch delivery {
            case .messages(let messages):
                heard += messages
                for message in messages {
                    if case .vmConfig(let config) = message {
                        conversation.showLife(every: .milliseconds(config.beatInterval), at: now)
                    }
                    guard let key = message.key else { continue }
                    replica[key] = message.isRemoval ? nil : message
                }
            case .end(let named?): replica = replica.filter { named.contains($0.key) }
            case .begin, .end, .rejected, .superseded, .dropped: break
            }
        }
    }

    mutating func forgetHeard() { heard = [] }
}

extension Speaker {
    /// An rfclient that registers at once.
    static func vm(
        _ vmID: VMID, ports: ClosedRange<UInt8> = 1...2, epoch: Int64 = 1, boot: String = "b", at now: Instant
    )
        -> Speaker
    {
        var speaker = Speaker(vmID.description, epoch: epoch, at: now)
        speaker.register(vmID, ports: ports, boot: boot)
        return speaker
    }

    mutating func register(_ vmID: VMID, ports: ClosedRange<UInt8>, boot: String) {
        say(
            .vmRegisterRequest(
                VMRegisterRequest(
                    vmID: vmID, bootID: boot,
                    ports: ports.map {
                        VMRegisterRequest.Port(
                            vmPort: $0, name: "eth\($0)", hwAddress: vmID.dataAddress, isUp: true)
                    })))
    }

    mutating func route(_ vmID: VMID, _ prefix: String, _ forwarding: Forwarding?) {
        guard let prefix = IPPrefix(prefix) else { return }
        say(
            .routeInfo(
                RouteInfo(vmID: vmID, prefix: prefix, source: vmID.dataAddress, forwarding: forwarding)))
    }

    mutating func join(_ dpID: DatapathID, ports: ClosedRange<UInt16> = 1...2, connection: Int64 = 0) {
        say(
            .datapathJoin(
                DatapathJoin(
                    dpID: dpID, ctID: ctID, isVirtualSwitch: dpID.isVirtualSwitch,
                    ports: ports.map { DatapathJoin.Port(dpPort: $0, name: "p\($0)", isUp: true) },
                    connection: connection)))
    }

    mutating func map(_ vmID: VMID, _ port: UInt8, at vsPort: UInt16, token: UInt64) {
        say(
            .vmMap(
                VMMap(vmID: vmID, vmPort: port, vsID: .defaultVirtualSwitch, vsPort: vsPort, token: token)))
    }

    /// The token that rfserver has given to this VM.
    func token(of vmID: VMID) -> UInt64 {
        if case .vmConfig(let config) = replica[.vmConfig(vmID)] { config.token } else { 0 }
    }
}
