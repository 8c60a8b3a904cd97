public import NIOCore
public import NetTypes
public import OpenFlow

/// An OpenFlow 1.0 switch that carries out what it is told, so that a test can ask what happens to a packet.
///
/// It speaks in bytes, like a real one. It does not keep time: a test that cares looks at the flows' time-outs.
public struct FakeSwitch: Sendable {
    /// Its identity.
    public let datapathID: DatapathID
    /// True if it says that it is Open vSwitch, and understands its actions.
    public let isOpenVSwitch: Bool
    /// Its ports by number.
    public var ports: [UInt16: OpenFlow10.PhyPort]
    /// The most flows that it holds; further ones are refused.
    public var capacity = Int.max
    /// True if it lets no flow be modified.
    public var refusesChanges = false
    /// True if it lets no flow be deleted.
    public var refusesDeletions = false
    /// The flows of one part of a statistics reply.
    public var flowsPerPart = 100
    /// True if it answers echo requests.
    public var answersEchoes = true
    /// True if it answers statistics requests.
    public var answersStatistics = true
    /// True if it answers barrier requests.
    public var answersBarriers = true
    /// What this controller may do, among several; only Open vSwitch knows of that.
    public var role = OpenFlow10.ControllerRole.equal
    /// Its configuration, as set last.
    public internal(set) var config = OpenFlow10.SwitchConfig(missSendLen: 128)
    /// Its flows.
    public internal(set) var flows: [FlowID: Flow] = [:]
    /// Every message that it was sent, since the last `forgetMessages`.
    public private(set) var received: [OpenFlow10.Envelope] = []

    private var unframed = ByteBuffer()

    /// What tells flows apart.
    public struct FlowID: Hashable, Sendable {
        /// The match.
        public var match: OpenFlow10.Match
        /// The priority.
        public var priority: UInt16

        /// Names a flow.
        public init(_ match: OpenFlow10.Match, _ priority: UInt16) {
            self.match = match
            self.priority = priority
        }
    }

    /// A flow, apart from what tells it from others.
    public struct Flow: Hashable, Sendable {
        /// What it does.
        public var actions: [OpenFlow10.Action]
        /// The controller's mark.
        public var cookie: UInt64
        /// Seconds; 0 is never.
        public var idleTimeout: UInt16
        /// Seconds; 0 is never.
        public var hardTimeout: UInt16
        /// The packets that it treated.
        public var packets: UInt64
        /// True if its end is to be told.
        public var tellsEnd: Bool

        /// Creates a flow.
        public init(
            actions: [OpenFlow10.Action], cookie: UInt64 = 0, idleTimeout: UInt16 = 0,
            hardTimeout: UInt16 = 0, packets: UInt64 = 0, tellsEnd: Bool = false
        ) {
            self.actions = actions
            self.cookie = cookie
            self.idleTimeout = idleTimeout
            self.hardTimeout = hardTimeout
            self.packets = packets
            self.tellsEnd = tellsEnd
        }
    }

    /// A switch with ports 1 to `ports`, all up, and no flows.
    public init(_ datapathID: DatapathID, ports: UInt16, isOpenVSwitch: Bool = true) {
        self.datapathID = datapathID
        self.isOpenVSwitch = isOpenVSwitch
        let numbers = ports == 0 ? [] : Array(1...ports)
        self.ports = Dictionary(
            uniqueKeysWithValues: numbers.map { ($0, Self.port($0, of: datapathID)) })
    }

    /// A port as the switch describes it.
    public static func port(
        _ number: UInt16, of datapathID: DatapathID, config: OpenFlow10.PortConfig = [],
        state: OpenFlow10.PortState = []
    ) -> OpenFlow10.PhyPort {
        OpenFlow10.PhyPort(
            number: OpenFlow10.PortNumber(rawValue: number),
            hwAddr: MACAddress(rawValue: 0x0200_0000_0000 | datapathID.rawValue << 16 | UInt64(number)),
            name: "port\(number)", config: config, state: state)
    }

    /// The flow mods that it was sent.
    public var flowMods: [OpenFlow10.FlowMod] {
        received.compactMap { if case .flowMod(let order) = $0.message { order } else { nil } }
    }

    /// The port mods that it was sent.
    public var portMods: [OpenFlow10.PortMod] {
        received.compactMap { if case .portMod(let order) = $0.message { order } else { nil } }
    }

    /// Forgets what it was sent; it stays what it has become by that.
    public mutating func forgetMessages() {
        received = []
    }

    /// Somebody else sets a flow, or removes it.
    public mutating func set(_ id: FlowID, _ flow: Flow?) {
        flows[id] = flow
    }

    /// Somebody else removes a flow. Returns what the controller is told.
    public mutating func remove(_ id: FlowID) -> ByteBuffer {
        guard let flow = flows.removeValue(forKey: id), flow.tellsEnd else { return ByteBuffer() }
        let removed = OpenFlow10.FlowRemoved(
            match: id.match, priority: id.priority, cookie: flow.cookie, reason: .delete,
            duration: .init(seconds: 1, nanoseconds: 0), idleTimeout: 0, packetCount: flow.packets,
            byteCount: 0)
        return Self.bytes(0, .flowRemoved(removed))
    }

    /// The first bytes of a connection.
    public mutating func connect() -> ByteBuffer {
        unframed.clear()
        return Self.bytes(1, .hello)
    }

    /// Takes bytes from the controller, and returns those that it answers.
    public mutating func receive(_ bytes: ByteBuffer) throws -> ByteBuffer {
        unframed.writeImmutableBuffer(bytes)
        var framer = OpenFlowFrameDecoder()
        var answers = ByteBuffer()
        while let frame = try framer.decode(buffer: &unframed) {
            let envelope = try OpenFlow10.Envelope(frame)
            received.append(envelope)
            for answer in answer(envelope) { try answer.encode(into: &answers) }
        }
        return answers
    }

    /// Tells the controller that a port has changed.
    public mutating func change(
        _ reason: OpenFlow10.PortReason = .modify, port: OpenFlow10.PhyPort
    ) -> ByteBuffer {
        ports[port.number.rawValue] = reason == .delete ? nil : port
        return Self.bytes(0, .portStatus(OpenFlow10.PortStatus(reason: reason, port: port)))
    }

    /// A message of a test's own.
    public static func bytes(_ xid: UInt32, _ message: OpenFlow10.Message) -> ByteBuffer {
        var buffer = ByteBuffer()
        try? OpenFlow10.Envelope(xid: xid, message).encode(into: &buffer)
        return buffer
    }

    private mutating func answer(_ envelope: OpenFlow10.Envelope) -> [OpenFlow10.Envelope] {
        func reply(_ message: OpenFlow10.Message) -> OpenFlow10.Envelope {
            OpenFlow10.Envelope(xid: envelope.xid, message)
        }
        if isOpenVSwitch, let role = envelope.message.requestedRole {
            self.role = role
            return [reply(.reply(role))]
        }
        switch envelope.message {
        case .flowMod, .portMod, .packetOut:
            guard role == .slave else { break }
            return [reply(.error(OpenFlow10.ErrorMessage(code: .requestNotPermitted, data: ByteBuffer())))]
        default: break
        }
        switch envelope.message {
        case .echoRequest(let data): return answersEchoes ? [reply(.echoReply(data))] : []
        case .featuresRequest:
            return [
                reply(
                    .featuresReply(
                        OpenFlow10.FeaturesReply(
                            datapathID: datapathID, nBuffers: 0, nTables: 1, capabilities: .flowStats,
                            actions: OpenFlow10.SupportedActions(rawValue: 0xFFF),
                            ports: ports.values.sorted { $0.number < $1.number })))
            ]
        case .setConfig(let config):
            self.config = config
            return []
        case .getConfigRequest: return [reply(.getConfigReply(config))]
        case .statsRequest(let request):
            return answersStatistics ? statistics(request).map { reply(.statsReply($0)) } : []
        case .barrierRequest: return answersBarriers ? [reply(.barrierReply)] : []
        case .flowMod(let order):
            guard let code = carryOut(order) else { return [] }
            return [reply(.error(OpenFlow10.ErrorMessage(code: code, data: ByteBuffer())))]
        case .portMod(let order):
            guard var port = ports[order.port.rawValue], port.hwAddr == order.hwAddr else {
                return [reply(.error(OpenFlow10.ErrorMessage(code: .badHWAddr, data: ByteBuffer())))]
            }
            port.config = port.config.subtracting(order.mask).union(order.config.intersection(order.mask))
            ports[order.port.rawValue] = port
            return [
                OpenFlow10.Envelope(
                    xid: 0, .portStatus(OpenFlow10.PortStatus(reason: .modify, port: port)))
            ]
        default: return []
        }
    }

    private func statistics(_ request: OpenFlow10.StatsRequest) -> [OpenFlow10.StatsReply] {
        switch request {
        case .desc:
            let description = OpenFlow10.SwitchDescription(
                manufacturer: "RouteFlow", hardware: isOpenVSwitch ? "Open vSwitch" : "fake", software: "",
                serialNumber: "", datapath: "")
            return [OpenFlow10.StatsReply(.desc(description))]
        case .flow(let filter):
            let all = flows.filter { filter.match.covers($0.key.match) }.map { id, flow in
                OpenFlow10.FlowStats(
                    match: id.match, priority: id.priority, cookie: flow.cookie,
                    idleTimeout: flow.idleTimeout, hardTimeout: flow.hardTimeout, packetCount: flow.packets,
                    actions: flow.actions)
            }
            let starts = Array(stride(from: 0, to: max(all.count, 1), by: flowsPerPart))
            return starts.map { start in
                OpenFlow10.StatsReply(
                    .flow(Array(all[start..<min(start + flowsPerPart, all.count)])),
                    more: start != starts.last)
            }
        default: return []
        }
    }
}
