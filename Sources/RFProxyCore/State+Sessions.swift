import Logging
import NIOCore
import NetTypes
import OpenFlow
import RFLib

/// Switches that come, introduce themselves, and go.
extension ProxyCore {
    mutating func connected(
        _ id: SessionID, from peer: IPAddress?, over transport: Transport, at now: Instant
    ) {
        sessions[id] = SwitchSession(id, peer: peer, over: transport, at: now)
        send(.hello, to: id)
        boundStrangers(with: id, at: now)
    }

    /// A peer that could not, or would not, show who it is. Each reason has a count of its own: they are few, and port
    /// scans must not hide a switch whose certificate has run out.
    mutating func refused(_ id: SessionID, _ reason: String, at now: Instant) {
        guard let session = sessions[id] else { return }
        guard case .hello = session.phase else { return disconnected(id, reason, at: now) }
        sessions[id] = nil
        touched.remove(id)
        count(.warning, "refused a connection over TLS: \(reason)", ids(of: session))
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
            if isRouted(datapath) {
                tell(.warning, of: datapath, "switch disconnected", ids(of: session, reason))
            } else {
                count(.warning, "a switch without routes disconnected", ids(of: session, reason), of: reason)
            }
            leave(datapath, id)
        } else {
            count(.info, "a connection ended before it was a switch's", ids(of: session, reason), of: reason)
        }
        if let contender = session.challenge?.contender { takeOver(contender, at: now) }
        if let datapath = session.datapath, datapaths[datapath]?.session == nil {
            withdraw(.datapath(datapath))
            // Of a datapath without routes nothing is kept, for anybody may connect under ever new identities; rfserver
            // says the protocols again to one that comes back.
            if datapaths[datapath]?.table.hasRoutes == false { datapaths[datapath] = nil }
        }
    }

    private mutating func leave(_ datapath: DatapathID, _ id: SessionID) {
        shuttle.detach(id)
        datapaths[datapath]?.session = nil
        datapaths[datapath]?.forgetActual()
        if datapath.isVirtualSwitch { forgetClaims(on: datapath) }
    }

    /// Ends a connection. What it stood for is gone at once; the transport's own report comes later and finds nothing.
    mutating func close(_ id: SessionID, _ reason: String, at now: Instant) {
        guard sessions[id] != nil else { return }
        if let output = sessions[id]?.takeOutput() { effects.append(.write(id, output)) }
        effects.append(.close(id))
        disconnected(id, reason, at: now)
    }

    func ids(
        of session: SwitchSession, _ reason: String? = nil
    ) -> [String: any CustomStringConvertible] {
        var ids: [String: any CustomStringConvertible] = ["session": session.id]
        if let datapath = session.datapath { ids["dp_id"] = datapath }
        if let peer = session.peer { ids["peer"] = peer }
        if session.transport == .tls { ids["over"] = "TLS" }
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
        case .ask:
            send(.echoRequest(ByteBuffer()), to: id)
            claimAgain(id, at: now)
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
        case .flowRemoved(let flow):
            if let datapath = sessions[id]?.datapath { removed(flow, from: datapath, at: now) }
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
        if let datapath = session.datapath, datapaths[datapath]?.auditing?.xid == xid {
            return abandonAudit(of: datapath, "\(error.code)", at: now)
        }
        if error.code == .requestNotPermitted, refusedAsSlave(id, at: now) { return }
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
}

extension OpenFlow10 {
    /// True for the transactions of flow mods and their barriers.
    fileprivate static func isFlow(_ xid: UInt32) -> Bool { FlowTable.Flight.owns(xid) }
}
