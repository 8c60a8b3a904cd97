import Logging
import NIOCore
import NetTypes
import OpenFlow
import RFLib

/// What a switch says of itself before its flows are set right: features, description, flow table.
extension ProxyCore {
    /// The switch has said which datapath it is.
    mutating func introduced(
        _ features: OpenFlow10.FeaturesReply, by id: SessionID, at now: Instant
    ) {
        guard case .features = sessions[id]?.phase else { return }
        let datapath = features.datapathID
        if datapath.isVirtualSwitch, !mayBeVirtualSwitch(id) {
            return close(
                id,
                "claims to be a virtual switch from where none may be (--rfvs-from), without TLS: \(datapath)",
                at: now)
        }
        guard let rival = datapaths[datapath]?.session else { return describe(features, of: id, at: now) }
        if case .description = sessions[rival]?.phase, sessions[rival]?.isSlow(at: now) ?? false {
            // Otherwise whoever is first, and says no more, would keep a switch out.
            close(rival, "had not said what it is when another connection claimed its datapath", at: now)
            return describe(features, of: id, at: now)
        }
        challenge(rival, with: features, by: id, at: now)
    }

    /// A virtual switch hears and says everything of the VMs: it has to come from a place, or with a certificate, that is
    /// trusted.
    private func mayBeVirtualSwitch(_ id: SessionID) -> Bool {
        guard let session = sessions[id] else { return false }
        return session.transport == .tls || settings.trusts(session.peer)
    }

    /// A datapath that is connected connects again: is the first connection a dead one, or the second one a lie?
    private mutating func challenge(
        _ rival: SessionID, with features: OpenFlow10.FeaturesReply, by id: SessionID, at now: Instant
    ) {
        guard sessions[rival]?.challenge == nil else {
            return close(
                id, "claims a datapath that is claimed twice already: \(features.datapathID)", at: now)
        }
        if let provenAt = sessions[rival]?.provenAt,
            now < provenAt.advanced(by: SwitchSession.proofLimit)
        {
            return refuseClaim(of: id, to: features.datapathID, at: now)
        }
        guard let xid = sessions[rival]?.send(.echoRequest(ByteBuffer())) else { return }
        touched.insert(rival)
        sessions[rival]?.challenge = (id, xid)
        sessions[id]?.phase = .contender(features, until: now.advanced(by: SwitchSession.challengeLimit))
        sessions[id]?.handshakeEnd = nil
    }

    /// The first connection of a datapath lives, so that the second one has no claim.
    mutating func echoed(_ xid: UInt32, by id: SessionID, at now: Instant) {
        guard let challenge = sessions[id]?.challenge, challenge.xid == xid else { return }
        sessions[id]?.challenge = nil
        sessions[id]?.provenAt = now
        if let datapath = sessions[id]?.datapath {
            refuseClaim(of: challenge.contender, to: datapath, at: now)
        }
    }

    private mutating func refuseClaim(of contender: SessionID, to datapath: DatapathID, at now: Instant) {
        close(contender, "claims a datapath that is connected and answers: \(datapath)", at: now)
    }

    /// The connection that a second one challenged is gone: the second one is the datapath's now.
    /// Its ports may have changed since it said them.
    mutating func takeOver(_ contender: SessionID, at now: Instant) {
        guard case .contender = sessions[contender]?.phase else { return }
        sessions[contender]?.phase = .features
        sessions[contender]?.handshakeEnd = now.advanced(by: SwitchSession.handshakeLimit)
        send(.featuresRequest, to: contender)
    }

    /// The connection is the datapath's from now on; asks what kind of switch it is.
    private mutating func describe(
        _ features: OpenFlow10.FeaturesReply, of id: SessionID, at now: Instant
    ) {
        let ports = features.ports.filter { $0.number.isPhysical }.map { ($0.number.rawValue, $0) }
        let datapath = features.datapathID
        guard boundSwitches(at: now) else { return close(id, "is one switch too many: \(datapath)", at: now) }
        // The datapath is taken from here on, so that another connection finds somebody to challenge.
        meet(datapath)
        datapaths[datapath]?.session = id
        datapaths[datapath]?.ports = Dictionary(ports, uniquingKeysWith: { first, _ in first })
        guard let xid = sessions[id]?.send(.statsRequest(.desc)) else { return }
        touched.insert(id)
        sessions[id]?.phase = .description(datapath, xid: xid)
        sessions[id]?.handshakeEnd = now.advanced(by: SwitchSession.handshakeLimit)
        boundIdlePorts(at: now)
    }

    /// The switch has said what it is, or cannot: it is told how to treat packets, and its flow table is read.
    mutating func establish(
        _ datapath: DatapathID, _ dialect: SwitchDialect, of id: SessionID, at now: Instant
    ) {
        let isOpenVSwitch = dialect.clearsInPort
        // The flag is Open vSwitch's; others may refuse the whole message for it.
        let flags: OpenFlow10.ConfigFlags = isOpenVSwitch ? .invalidTTLToController : []
        send(.setConfig(OpenFlow10.SwitchConfig(flags: flags, missSendLen: .max)), to: id)
        shuttle.attach(datapath, to: id)
        sessions[id]?.phase = .up(datapath)
        sessions[id]?.handshakeEnd = nil
        if !datapath.isVirtualSwitch {
            datapaths[datapath]?.table.adopt(dialect)
            if isMaster(of: datapath) { readFlows(by: id, at: now) } else { standBy(id, of: datapath) }
        }
        let session = sessions[id]
        tell(
            .info, of: datapath, datapath.isVirtualSwitch ? "virtual switch connected" : "switch connected",
            (session.map { ids(of: $0) } ?? [:]).merging([
                "ports": datapaths[datapath]?.ports.count ?? 0, "open_vswitch": isOpenVSwitch,
                "dec_ttl": dialect.decrementsTTL,
            ]) { own, _ in own })
        datapaths[datapath]?.portNewsAt = now
        alignPorts(of: datapath)
    }

    // MARK: Reading

    mutating func handle(
        _ reply: OpenFlow10.StatsReply, _ xid: UInt32, from id: SessionID, at now: Instant
    ) {
        switch (sessions[id]?.phase, reply.body) {
        case (.description(let datapath, xid), .desc(let description)):
            establish(datapath, dialect(isOpenVSwitch: description.isOpenVSwitch), of: id, at: now)
        case (.reading(let datapath, xid), .flow(let flows)):
            read(flows, of: datapath, isLast: !reply.more, from: id, at: now)
        case (.up(let datapath), .flow(let flows)):
            if datapaths[datapath]?.auditing?.xid == xid {
                audited(flows, of: datapath, isLast: !reply.more, at: now)
            } else {
                surveyed(flows, of: datapath, xid: xid, isLast: !reply.more)
            }
        default:
            break
        }
    }

    func dialect(isOpenVSwitch: Bool) -> SwitchDialect {
        let decrements = settings.decrementTTL == .on || settings.decrementTTL == .auto && isOpenVSwitch
        return SwitchDialect(
            decrementsTTL: decrements, clearsInPort: isOpenVSwitch, answersARP: isOpenVSwitch)
    }

    private mutating func read(
        _ flows: [OpenFlow10.FlowStats], of datapath: DatapathID, isLast: Bool, from id: SessionID,
        at now: Instant
    ) {
        for flow in flows { datapaths[datapath]?.table.found(flow) }
        grown.insert(datapath)
        guard isLast else {
            sessions[id]?.handshakeEnd = now.advanced(by: SwitchSession.handshakeLimit)
            return
        }
        sessions[id]?.phase = .up(datapath)
        sessions[id]?.handshakeEnd = nil
        guard let comparison = datapaths[datapath]?.table.endReading() else { return }
        datapaths[datapath]?.isCatchingUp = true
        datapaths[datapath]?.planFirstAudit(every: settings.auditInterval, at: now)
        stirred.insert(datapath)
        tell(
            .info, of: datapath, "flow table read",
            [
                "dp_id": datapath, "same": comparison.same, "missing": comparison.missing,
                "different": comparison.different, "surplus": comparison.surplus,
            ])
    }
}
