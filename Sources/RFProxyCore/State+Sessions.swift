import Logging
import NIOCore
import NetTypes
import OpenFlow
import RFLib

/// Switches that come, introduce themselves, and go.
extension ProxyCore {
    mutating func connected(_ id: SessionID, from peer: IPAddress?, at now: Instant) {
        sessions[id] = SwitchSession(id, peer: peer, at: now)
        send(.hello, to: id)
    }

    mutating func writable(_ id: SessionID, _ isWritable: Bool) {
        sessions[id]?.isWritable = isWritable
        if isWritable, let datapath = sessions[id]?.datapath { stirred.insert(datapath) }
    }

    mutating func disconnected(_ id: SessionID, _ reason: String, at now: Instant) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        touched.remove(id)
        for (rival, other) in sessions {
            // Whoever waited for this one to answer need not wait any more, and the other way round.
            if other.challenge?.contender == id { sessions[rival]?.challenge = nil }
        }
        if let datapath = session.datapath {
            log(.warning, "switch disconnected", ids(of: session, reason))
            leave(datapath, id)
        } else {
            count(.info, "a connection ended before it was a switch's", ids(of: session, reason))
        }
        if let contender = session.challenge?.contender { takeOver(contender, at: now) }
        if let datapath = session.datapath, datapaths[datapath]?.session == nil {
            withdraw(.datapath(datapath))
            forgetIfIdle(datapath)
        }
    }

    private mutating func leave(_ datapath: DatapathID, _ id: SessionID) {
        shuttle.detach(id)
        datapaths[datapath]?.session = nil
        datapaths[datapath]?.table.forgetActual()
        if datapath.isVirtualSwitch { forgetClaims(on: datapath) }
    }

    /// Ends a connection. What it stood for is gone at once; the transport's own report comes later and finds nothing.
    mutating func close(_ id: SessionID, _ reason: String, at now: Instant) {
        guard sessions[id] != nil else { return }
        if let output = sessions[id]?.takeOutput() { effects.append(.write(id, output)) }
        effects.append(.close(id))
        disconnected(id, reason, at: now)
    }

    private func ids(
        of session: SwitchSession, _ reason: String? = nil
    ) -> [String: any CustomStringConvertible] {
        var ids: [String: any CustomStringConvertible] = ["session": session.id]
        if let datapath = session.datapath { ids["dp_id"] = datapath }
        if let peer = session.peer { ids["peer"] = peer }
        if let reason { ids["reason"] = reason }
        return ids
    }

    // MARK: Time

    mutating func checkDeadlines(at now: Instant) {
        let due = sessions.values.filter { $0.deadline <= now }.map(\.id)
        for id in due { checkDeadline(of: id, at: now) }
    }

    private mutating func checkDeadline(of id: SessionID, at now: Instant) {
        guard let session = sessions[id] else { return }
        if case .contender(let features, let until) = session.phase {
            guard until <= now, let rival = datapaths[features.datapathID]?.session else { return }
            return close(rival, "did not answer while another connection claimed its datapath", at: now)
        }
        if let end = session.handshakeEnd, end <= now {
            return close(id, "took too long to introduce itself", at: now)
        }
        switch sessions[id]?.keepalive.due(at: now) {
        case .ask: send(.echoRequest(ByteBuffer()), to: id)
        case .dead: close(id, "did not answer an echo request", at: now)
        case nil: break
        }
    }

    // MARK: Messages

    mutating func received(_ frame: OpenFlowFrame, from id: SessionID, at now: Instant) {
        guard let phase = sessions[id]?.phase else { return }
        sessions[id]?.keepalive.heard()
        if case .hello = phase { return greeted(frame.header, by: id, at: now) }
        do {
            let envelope = try OpenFlow10.Envelope(frame)
            handle(envelope.message, envelope.xid, from: id, at: now)
        } catch {
            close(id, "sent what is no OpenFlow 1.0 message: \(error)", at: now)
        }
    }

    /// Each says the highest version that it speaks, and both then speak the lower of the two (5.5.1).
    private mutating func greeted(_ header: OpenFlowHeader, by id: SessionID, at now: Instant) {
        guard header.type == OpenFlow10.MessageType.hello.rawValue else {
            return close(id, "did not begin with a hello", at: now)
        }
        guard header.version >= .v10 else {
            let text = ByteBuffer(string: "this controller speaks OpenFlow 1.0 only")
            sessions[id]?.reply(
                header.xid, .error(OpenFlow10.ErrorMessage(code: .helloIncompatible, data: text)))
            return close(id, "speaks no OpenFlow that we know", at: now)
        }
        sessions[id]?.phase = .features
        send(.featuresRequest, to: id)
    }

    private mutating func handle(
        _ message: OpenFlow10.Message, _ xid: UInt32, from id: SessionID, at now: Instant
    ) {
        switch message {
        case .echoRequest(let data):
            sessions[id]?.reply(xid, .echoReply(data))
            touched.insert(id)
        case .echoReply: echoed(xid, by: id, at: now)
        case .featuresReply(let features): introduced(features, by: id, at: now)
        case .statsReply(let reply): handle(reply, xid, from: id, at: now)
        case .error(let error): handle(error, xid, from: id, at: now)
        case .barrierReply:
            guard OpenFlow10.isFlow(xid), let datapath = sessions[id]?.datapath else { return }
            datapaths[datapath]?.table.passed(barrier: xid)
            stirred.insert(datapath)
        case .portStatus(let status):
            if let datapath = sessions[id]?.datapath { handle(status, of: datapath) }
        case .packetIn(let packet):
            if let datapath = sessions[id]?.datapath { claim(packet, on: datapath) }
        default:
            break
        }
    }

    private mutating func handle(
        _ error: OpenFlow10.ErrorMessage, _ xid: UInt32, from id: SessionID, at now: Instant
    ) {
        guard let session = sessions[id] else { return }
        if case .description(let datapath, xid) = session.phase {
            return establish(datapath, dialect(isOpenVSwitch: false), of: id, at: now)
        }
        if let datapath = session.datapath, OpenFlow10.isFlow(xid),
            datapaths[datapath]?.table.refuse(xid, error.code) ?? false
        {
            stirred.insert(datapath)
            return
        }
        count(
            .warning, "a switch reported an error",
            ids(of: session).merging(["error": error.code]) { own, _ in own })
    }

    // MARK: Introduction

    private mutating func introduced(
        _ features: OpenFlow10.FeaturesReply, by id: SessionID, at now: Instant
    ) {
        guard case .features = sessions[id]?.phase else { return }
        let datapath = features.datapathID
        if datapath.isVirtualSwitch, !settings.trusts(sessions[id]?.peer) {
            return close(
                id, "claims to be virtual switch \(datapath) from where none may be (--rfvs-from)", at: now)
        }
        guard let rival = datapaths[datapath]?.session else { return describe(features, of: id, at: now) }
        challenge(rival, with: features, by: id, at: now)
    }

    /// How long the first connection of a datapath has to answer when there is a second one.
    private static var challengeTime: Duration { .seconds(2) }

    /// A datapath that is connected connects again: is the first connection a dead one, or the second one a lie?
    private mutating func challenge(
        _ rival: SessionID, with features: OpenFlow10.FeaturesReply, by id: SessionID, at now: Instant
    ) {
        guard sessions[rival]?.challenge == nil else {
            return close(id, "datapath \(features.datapathID) is claimed twice already", at: now)
        }
        guard let xid = sessions[rival]?.send(.echoRequest(ByteBuffer())) else { return }
        touched.insert(rival)
        sessions[rival]?.challenge = (id, xid)
        sessions[id]?.phase = .contender(features, until: now.advanced(by: Self.challengeTime))
        sessions[id]?.handshakeEnd = nil
    }

    private mutating func echoed(_ xid: UInt32, by id: SessionID, at now: Instant) {
        guard let challenge = sessions[id]?.challenge, challenge.xid == xid else { return }
        sessions[id]?.challenge = nil
        close(challenge.contender, "claims a datapath that is connected and answers", at: now)
    }

    private mutating func takeOver(_ contender: SessionID, at now: Instant) {
        guard case .contender(let features, _) = sessions[contender]?.phase else { return }
        describe(features, of: contender, at: now)
    }

    private mutating func describe(
        _ features: OpenFlow10.FeaturesReply, of id: SessionID, at now: Instant
    ) {
        let ports = features.ports.filter { $0.number.isPhysical }.map { ($0.number.rawValue, $0) }
        // The datapath is taken from here on, so that another connection finds somebody to challenge.
        let datapath = features.datapathID
        datapaths[datapath, default: Datapath(datapath, generation: generation)].session = id
        datapaths[datapath]?.ports = Dictionary(ports, uniquingKeysWith: { first, _ in first })
        guard let xid = sessions[id]?.send(.statsRequest(.desc)) else { return }
        touched.insert(id)
        sessions[id]?.phase = .description(datapath, xid: xid)
        sessions[id]?.handshakeEnd = now.advanced(by: SwitchSession.handshakeLimit)
    }

    private mutating func establish(
        _ datapath: DatapathID, _ dialect: SwitchDialect, of id: SessionID, at now: Instant
    ) {
        let isOpenVSwitch = dialect.clearsInPort
        // The flag is Open vSwitch's; others may refuse the whole message for it.
        let flags: OpenFlow10.ConfigFlags = isOpenVSwitch ? .invalidTTLToController : []
        send(.setConfig(OpenFlow10.SwitchConfig(flags: flags, missSendLen: .max)), to: id)
        shuttle.attach(datapath, to: id)
        if datapath.isVirtualSwitch {
            sessions[id]?.phase = .up(datapath)
            sessions[id]?.handshakeEnd = nil
        } else {
            datapaths[datapath]?.table.forgetActual()
            datapaths[datapath]?.table.adopt(dialect)
            let xid = sessions[id]?.send(.statsRequest(.flow(OpenFlow10.FlowStatsFilter()))) ?? 0
            sessions[id]?.phase = .reading(datapath, xid: xid)
            sessions[id]?.handshakeEnd = now.advanced(by: SwitchSession.handshakeLimit)
        }
        let session = sessions[id]
        log(
            .info, datapath.isVirtualSwitch ? "virtual switch connected" : "switch connected",
            (session.map { ids(of: $0) } ?? [:]).merging([
                "ports": datapaths[datapath]?.ports.count ?? 0, "open_vswitch": isOpenVSwitch,
                "dec_ttl": dialect.decrementsTTL,
            ]) { own, _ in own })
        announceJoin(of: datapath)
        alignPorts(of: datapath)
    }

    // MARK: Reading

    private mutating func handle(
        _ reply: OpenFlow10.StatsReply, _ xid: UInt32, from id: SessionID, at now: Instant
    ) {
        switch (sessions[id]?.phase, reply.body) {
        case (.description(let datapath, xid), .desc(let description)):
            establish(datapath, dialect(isOpenVSwitch: description.isOpenVSwitch), of: id, at: now)
        case (.reading(let datapath, xid), .flow(let flows)):
            read(flows, of: datapath, isLast: !reply.more, from: id, at: now)
        default:
            break
        }
    }

    private func dialect(isOpenVSwitch: Bool) -> SwitchDialect {
        let decrements = settings.decrementTTL == .on || settings.decrementTTL == .auto && isOpenVSwitch
        return SwitchDialect(decrementsTTL: decrements, clearsInPort: isOpenVSwitch)
    }

    /// The most flows that are read: a switch that has more never stops.
    private static var mostFlows: Int { 4_000_000 }

    private mutating func read(
        _ flows: [OpenFlow10.FlowStats], of datapath: DatapathID, isLast: Bool, from id: SessionID,
        at now: Instant
    ) {
        for flow in flows { datapaths[datapath]?.table.found(flow) }
        guard datapaths[datapath]?.table.size ?? 0 <= Self.mostFlows else {
            return close(id, "has more than \(Self.mostFlows) flows", at: now)
        }
        guard isLast else {
            sessions[id]?.handshakeEnd = now.advanced(by: SwitchSession.handshakeLimit)
            return
        }
        sessions[id]?.phase = .up(datapath)
        sessions[id]?.handshakeEnd = nil
        guard let comparison = datapaths[datapath]?.table.endReading() else { return }
        stirred.insert(datapath)
        log(
            .info, "flow table read",
            [
                "dp_id": datapath, "same": comparison.same, "missing": comparison.missing,
                "different": comparison.different, "surplus": comparison.surplus,
            ])
    }
}

extension OpenFlow10 {
    /// True for the transactions of flow mods and their barriers.
    fileprivate static func isFlow(_ xid: UInt32) -> Bool { FlowTable.Flight.owns(xid) }
}
