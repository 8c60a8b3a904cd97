import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit

@testable import RFProxyCore

extension FuzzTarget {
    /// A peer on the OpenFlow port says what it likes, for instance that it is a switch: nobody else notices, and nothing
    /// of it is left when it has gone.
    static let hostileSwitch = FuzzTarget(name: "switch", longest: 4096) { input in
        for peer in [HostileStage.stranger, "127.0.0.1"] {
            var stage = HostileStage.ready
            try stage.play(ByteBuffer(bytes: input), from: peer)
        }
    }
}

/// rfproxy's core, with an rfserver, a switch that is connected, one that has routes and is not, and a peer that is hostile.
struct HostileStage {
    /// An address from which no virtual switch may come.
    static let stranger = "192.0.2.66"
    static let connected = DatapathID(rawValue: 1)
    static let away = DatapathID(rawValue: 2)
    private static let honest = SessionID(rawValue: 1)
    private static let hostile = SessionID(rawValue: 2)
    private static let router = MACAddress(rawValue: 0x0217_3E00_0001)
    private static let neighbour = MACAddress(rawValue: 0x0217_3E00_0002)

    private var core = ProxyCore(settings: ProxySettings(), epoch: 1, at: .start)
    private var server = FakeServer(at: .start)
    private var real = FakeSwitch(connected, ports: 2)
    private var now = Instant.start
    private var isHostileHere = false
    /// True if the peer comes from an address from which no virtual switch may.
    private var isStranger = false
    private var events: [ProxyEvent] = []
    /// Time that may still pass: inputs are to be short.
    private var patience = Duration.seconds(60)

    /// As it is before the hostile peer comes.
    static let ready: HostileStage = {
        do {
            return try HostileStage()
        } catch {
            fatalError("\(error)")
        }
    }()

    private init() throws {
        for datapath in [Self.connected, Self.away] {
            for operation in DatapathOperation.routerDefaults {
                server.say(.datapathConfig(DatapathConfig(dpID: datapath, operation: operation)))
            }
            for (prefix, kind) in [
                ("10.0.0.0/8", RouteKind.route), ("0.0.0.0/0", .punt), ("10.1.1.1/32", .local),
            ] {
                guard let prefix = IPPrefix(prefix) else { continue }
                let forwarding = Forwarding(
                    kind, port: kind == .route ? 2 : 0, destination: kind == .route ? Self.neighbour : .zero)
                server.say(
                    .flowMod(
                        FlowMod(dpID: datapath, source: Self.router, prefix: prefix, forwarding: forwarding)))
            }
            server.say(
                .portMap(
                    PortMap(
                        dpID: datapath, dpPort: 1, vsID: .defaultVirtualSwitch,
                        vsPort: UInt16(datapath.rawValue))))
            server.say(.tableComplete(TableComplete(dpID: datapath)))
        }
        try settle()
        try tell(.connected(Self.honest, from: IPAddress("127.0.0.1"), over: .tcp))
        try deliver(real.connect(), from: Self.honest)
        try settle()
        try expect(
            real.flows.contains { $0.key.match.nwDst?.length == 8 }, "the honest switch has no route")
        real.forgetMessages()
    }

    // MARK: The peer

    /// The peer connects, says all this, and goes.
    mutating func play(_ stream: ByteBuffer, from peer: String) throws {
        isHostileHere = true
        isStranger = peer == Self.stranger
        try tell(.connected(Self.hostile, from: IPAddress(peer), over: .tcp))
        var stream = stream
        var decoder = OpenFlowFrameDecoder()
        while isHostileHere, let frame = try? decoder.decode(buffer: &stream) {
            if frame.header.version.rawValue == 0 {
                // No switch says that: it stands for a pause.
                try wait(.milliseconds(frame.header.xid % 30_000))
            } else {
                try receive(frame)
            }
        }
        try settle()
        if isHostileHere { try tell(.disconnected(Self.hostile, reason: "it went")) }
        isHostileHere = false
        try settle()
        try checkNothingIsLeft()
    }

    /// As `ProxyLoop` does it.
    private mutating func receive(_ frame: OpenFlowFrame) throws {
        guard frame.header.type == OpenFlow10.MessageType.packetIn.rawValue, frame.header.version == .v10,
            let envelope = try? OpenFlow10.Envelope(frame), case .packetIn(let packet) = envelope.message
        else { return try tell(.received(Self.hostile, SwitchFrame(frame))) }
        switch core.packetIn(packet, from: Self.hostile, at: now) {
        case .pass(let destination, _, _, _):
            try expect(core.sessions[destination] != nil, "a packet for nobody")
        case .claim: try tell(.received(Self.hostile, SwitchFrame(frame)))
        case .drop: break
        }
    }

    // MARK: What has to hold

    /// Of what a stranger has said nothing may come that only a virtual switch may say, not even for a while.
    private func checkRole(_ envelopes: [Envelope]) throws {
        for message in envelopes.flatMap(\.content) where !message.isRemoval {
            if case .vmMap = message { throw Violation("a stranger has claimed a VM's port") }
            if case .datapathJoin(let join) = message, join.isVirtualSwitch {
                throw Violation("a stranger has become a virtual switch")
            }
        }
    }

    private func checkNothingIsLeft() throws {
        try expect(Array(core.sessions.keys) == [Self.honest], "sessions \(core.sessions.keys)")
        try expect(
            Set(core.datapaths.keys) == [Self.connected, Self.away], "datapaths \(core.datapaths.keys)")
        try expect(real.flows == Self.ready.real.flows, "the flows of another switch have changed")
        try expect(real.flowMods.isEmpty, "another switch was sent flow mods: \(real.flowMods)")
        let joins = server.table.keys.filter { if case .datapath = $0 { true } else { false } }
        try expect(joins == [.datapath(Self.connected)], "rfserver knows \(joins)")
    }

    // MARK: The rest of the world

    private mutating func tell(_ event: ProxyEvent) throws {
        events.append(event)
        guard events.count == 1 else { return }
        while let event = events.first {
            for effect in core.handle(event, at: now) { try carryOut(effect) }
            events.removeFirst()
        }
    }

    private mutating func carryOut(_ effect: ProxyEffect) throws {
        switch effect {
        case .send(let envelopes):
            if isStranger { try checkRole(envelopes) }
            server.receive(envelopes, at: now)
        case .write(Self.honest, let bytes): try deliver(try real.receive(bytes), from: Self.honest)
        case .write(_, var bytes):
            var decoder = OpenFlowFrameDecoder()
            while let frame = try decoder.decode(buffer: &bytes) { _ = try OpenFlow10.Envelope(frame) }
            try expect(bytes.readableBytes == 0, "half a message was written")
        case .close(Self.honest): throw Violation("the connection of another switch was closed")
        case .close: isHostileHere = false
        case .log: break
        case .stop(let reason): throw Violation("rfproxy gives up: \(reason)")
        }
    }

    private mutating func deliver(_ bytes: ByteBuffer, from session: SessionID) throws {
        var bytes = bytes
        var decoder = OpenFlowFrameDecoder()
        while let frame = try decoder.decode(buffer: &bytes) {
            try tell(.received(session, SwitchFrame(frame)))
        }
    }

    private mutating func wait(_ duration: Duration) throws {
        let duration = min(duration, patience)
        patience -= duration
        let end = now.advanced(by: duration)
        while let deadline = core.deadline, deadline <= end {
            now = max(now, deadline)
            try tell(.timePassed)
        }
        now = end
        try settle()
    }

    /// Lets rfserver and rfproxy talk until neither has anything to say.
    private mutating func settle() throws {
        for _ in 0..<100 {
            let envelopes = server.flush(at: now)
            try tell(envelopes.isEmpty ? .timePassed : .ipc(.received(envelopes)))
            if envelopes.isEmpty { return }
        }
        throw Violation("rfserver and rfproxy talk without end")
    }
}
