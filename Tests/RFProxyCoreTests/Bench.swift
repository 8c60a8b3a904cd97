import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// The core between fake switches and a fake rfserver. Nothing here takes time but `wait`.
struct Bench {
    var core: ProxyCore
    var server: FakeServer
    var switches: [SessionID: FakeSwitch] = [:]
    var now = Instant.start
    private(set) var log: [LogLine] = []
    private(set) var closed: Set<SessionID> = []
    private(set) var stopReason: String?
    /// True while rfserver and rfproxy do not hear each other.
    var isServerAway = false
    /// Everything that the core was told, and what it decided.
    private(set) var told: [(at: Instant, event: ProxyEvent, effects: [ProxyEffect])] = []
    private var lastSession: UInt64 = 0
    private var events: [ProxyEvent] = []
    private var isHandling = false

    static let datapath = FakeServer.datapath
    static let virtualSwitch = DatapathID.defaultVirtualSwitch
    static let vm = VMID(rawValue: 0x0016_3E00_0001)
    static let router = vm.dataAddress
    static let host = MACAddress(rawValue: 0x0A00_0000_0002)

    /// - Parameter grants: false if rfserver grants nothing by itself.
    init(_ settings: ProxySettings = ProxySettings(), grants: Bool = true) {
        core = ProxyCore(settings: settings, epoch: 1, at: .start)
        server = FakeServer(ctID: settings.ctID, grants: grants, at: .start)
    }

    // MARK: What happens

    /// A switch connects and introduces itself.
    @discardableResult
    mutating func connect(
        _ new: FakeSwitch, from peer: String = "127.0.0.1", over transport: Transport = .tcp
    ) throws -> SessionID {
        let id = try begin(new, from: peer, over: transport)
        if let bytes = switches[id]?.connect() { try deliver(bytes, from: id) }
        return id
    }

    /// Somebody connects; without a switch nothing will be said.
    mutating func begin(
        _ new: FakeSwitch? = nil, from peer: String, over transport: Transport
    ) throws -> SessionID {
        lastSession += 1
        let id = SessionID(rawValue: lastSession)
        switches[id] = new
        try tell(.connected(id, from: IPAddress(peer), over: transport))
        return id
    }

    /// Somebody connects, and says nothing.
    @discardableResult
    mutating func come(from peer: String) throws -> SessionID {
        lastSession += 1
        let id = SessionID(rawValue: lastSession)
        try tell(.connected(id, from: IPAddress(peer), over: .tcp))
        return id
    }

    @discardableResult
    mutating func disconnect(_ id: SessionID) throws -> FakeSwitch {
        let removed = switches.removeValue(forKey: id)
        let gone = try #require(removed)
        try tell(.disconnected(id, reason: "test"))
        return gone
    }

    mutating func wait(_ duration: Duration) throws {
        let end = now.advanced(by: duration)
        while let deadline = core.deadline, deadline <= end {
            now = max(now, deadline)
            try tell(.timePassed)
        }
        now = end
        try settle()
    }

    /// Bytes come from a switch.
    mutating func deliver(_ bytes: ByteBuffer, from id: SessionID) throws {
        var bytes = bytes
        var framer = OpenFlowFrameDecoder()
        while let frame = try framer.decode(buffer: &bytes) {
            try tell(.received(id, SwitchFrame(frame)))
        }
    }

    mutating func deliver(_ message: OpenFlow10.Message, from id: SessionID) throws {
        try deliver(FakeSwitch.bytes(0, message), from: id)
    }

    /// As in the shell, what an effect leads to waits until all effects of the event are carried out.
    mutating func tell(_ event: ProxyEvent) throws {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        defer { isHandling = false }
        while !events.isEmpty {
            let event = events.removeFirst()
            let effects = core.handle(event, at: now)
            told.append((now, event, effects))
            for effect in effects { try carryOut(effect) }
        }
    }

    private mutating func carryOut(_ effect: ProxyEffect) throws {
        switch effect {
        case .send(let envelopes): if !isServerAway { server.receive(envelopes, at: now) }
        case .write(let id, let bytes):
            guard let answer = try switches[id]?.receive(bytes) else { return }
            try deliver(answer, from: id)
        case .close(let id):
            closed.insert(id)
            switches[id] = nil
        case .log(let line): log.append(line)
        case .stop(let reason): stopReason = reason
        }
    }

    /// The datapaths that rfproxy has announced in the events from that one on.
    func joins(since start: Int) -> [DatapathJoin] {
        told[start...].flatMap(\.effects).flatMap { effect -> [RFMessage] in
            if case .send(let envelopes) = effect { envelopes.flatMap(\.content) } else { [] }
        }.compactMap { if case .datapathJoin(let join) = $0 { join } else { nil } }
    }

    /// Lets rfserver and rfproxy talk until neither has anything to say.
    mutating func settle() throws {
        guard !isServerAway else { return }
        // A greeting, a stream, an acknowledgement: each answer may lead to another.
        for _ in 0..<100 {
            let envelopes = server.flush(at: now)
            try tell(envelopes.isEmpty ? .timePassed : .ipc(.received(envelopes)))
            if envelopes.isEmpty { break }
        }
    }

    /// rfserver says some messages.
    mutating func say(_ messages: RFMessage...) throws {
        for message in messages { server.say(message) }
        try settle()
    }

    mutating func withdraw(_ keys: RFKey...) throws {
        for key in keys { server.withdraw(key) }
        try settle()
    }

    // MARK: What is there

    func has(_ id: SessionID) throws -> FakeSwitch { try #require(switches[id]) }

    /// What a switch was sent since the last time.
    mutating func takeFlowMods(_ id: SessionID) -> [OpenFlow10.FlowMod] {
        defer { switches[id]?.forgetMessages() }
        return switches[id]?.flowMods ?? []
    }

    // MARK: Words

    static func flow(
        _ prefix: String, _ kind: RouteKind = .route, port: UInt16 = 2, to next: MACAddress = host,
        on datapath: DatapathID = datapath, source: MACAddress = router
    ) -> RFMessage {
        let forwards = kind == .route || kind == .host
        return .flowMod(
            FlowMod(
                dpID: datapath, source: source, prefix: IPPrefix(prefix) ?? .ipv4Default,
                forwarding: Forwarding(kind, port: forwards ? port : 0, destination: forwards ? next : .zero))
        )
    }

    static func key(_ prefix: String) -> RFKey {
        .flow(datapath, router, IPPrefix(prefix) ?? .ipv4Default)
    }

    static let complete = RFMessage.tableComplete(TableComplete(dpID: datapath))

    static let defaults = DatapathOperation.routerDefaults.map {
        RFMessage.datapathConfig(DatapathConfig(dpID: datapath, operation: $0))
    }

    static func map(_ port: UInt16, _ virtualPort: UInt16, by ctID: Int32 = 0) -> RFMessage {
        .portMap(
            PortMap(dpID: datapath, dpPort: port, ctID: ctID, vsID: virtualSwitch, vsPort: virtualPort))
    }

    static func grant(turn: Int64 = 0, to ctID: Int32 = 0) -> RFMessage {
        .datapathGrant(DatapathGrant(dpID: datapath, ctID: ctID, turn: turn))
    }

    /// A packet from a host to an address beyond the router.
    static func packet(_ address: String, ttl: UInt8 = 64) -> FakePacket {
        var packet = FakePacket(
            to: router, from: host, IPv4Address(rawValue: 0xAC1F_0102),
            IPv4Address(address) ?? IPv4Address(rawValue: 0))
        packet.ttl = ttl
        return packet
    }
}
