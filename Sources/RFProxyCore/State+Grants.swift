import Logging
import NetTypes
import OpenFlow
import RFLib

/// Which datapaths are this rfproxy's to write to.
///
/// A switch may be connected to several rfproxies. rfserver grants it to one; to the others it is a spare's: they answer it,
/// know its ports, and change nothing.
extension ProxyCore {
    struct Grant: Sendable {
        /// Which of the datapath's moves has led to it.
        let turn: Int64
        /// The stream of rfserver in which it was said last.
        let generation: UInt32
    }

    func isMaster(of id: DatapathID) -> Bool { grants[id] != nil }

    mutating func handle(_ grant: DatapathGrant, at now: Instant) {
        guard grant.ctID == settings.ctID, !grant.dpID.isVirtualSwitch else {
            return count(
                .warning, "ignored a grant that is not this rfproxy's",
                ["dp_id": grant.dpID, "ct_id": grant.ctID])
        }
        if grant.isRemoval { return release(grant.dpID) }
        let former = grants.updateValue(Grant(turn: grant.turn, generation: generation), forKey: grant.dpID)
        guard former?.turn != grant.turn else { return }
        if former?.generation == generation {
            // Its end was not heard: only the last word on a key comes through. Nor was anything that was withdrawn meanwhile.
            release(grant.dpID)
            isStreamWhole = false
            wantsState = true
            grants[grant.dpID] = Grant(turn: grant.turn, generation: generation)
        }
        tell(
            .info, of: grant.dpID, "datapath granted: its flows are this rfproxy's to write",
            ["dp_id": grant.dpID])
        takeUpPorts(of: grant.dpID)
        // What another master has written meanwhile is not known.
        if let session = datapaths[grant.dpID]?.session { readFlows(by: session, at: now) }
    }

    /// Asks rfserver to say its whole state again, if part of it was missed: not while it does, and not at once again, for a switch
    /// that moves to and fro must not keep it from everything else.
    mutating func askForState(at now: Instant) {
        guard wantsState, !isHearingState, now >= mayAskAt else { return }
        wantsState = false
        mayAskAt = now.advanced(by: Self.stateGap)
        conversation.forget(at: now)
    }

    private static var stateGap: Duration { .seconds(10) }

    /// Grants that a whole state of rfserver does not name are over.
    mutating func releaseDatapaths(notNamedIn named: Set<RFKey>) {
        for id in Array(grants.keys) where !named.contains(.datapathGrant(id, settings.ctID)) { release(id) }
    }

    /// A datapath is another's now, or nobody's. What is in the switch stays as it is, and so do the virtual ports: both are
    /// the next master's.
    private mutating func release(_ id: DatapathID) {
        guard grants.removeValue(forKey: id) != nil else { return }
        tell(.info, of: id, "datapath no longer granted: it is left as it is", ["dp_id": id])
        datapaths[id]?.release()
        if let session = datapaths[id]?.session {
            if case .reading = sessions[session]?.phase {
                sessions[session]?.phase = .up(id)
                sessions[session]?.handshakeEnd = nil
            }
            standBy(session, of: id)
        }
        partPorts(of: id)
        let errors = announcements.withdrawAll { key in
            if case .flowError(id, _, _) = key { true } else { false }
        }
        for key in errors { conversation.changed(key) }
        settleFlows(of: id)
        forgetIfIdle(id)
    }

    /// Asks a switch that has introduced itself for its flows. Nothing is written to it before it has said them.
    mutating func readFlows(by id: SessionID, at now: Instant) {
        let datapath: DatapathID
        switch sessions[id]?.phase {
        case .reading(let reading, _): datapath = reading
        case .up(let up): datapath = up
        default: return  // it will be asked when it has said what it is
        }
        claim(id, of: datapath, at: now)
        guard let xid = sessions[id]?.send(.statsRequest(.flow(OpenFlow10.FlowStatsFilter()))) else { return }
        touched.insert(id)
        datapaths[datapath]?.forgetActual()
        sessions[id]?.phase = .reading(datapath, xid: xid)
        sessions[id]?.handshakeEnd = now.advanced(by: SwitchSession.handshakeLimit)
    }
}

/// Open vSwitch itself sees to it that a former master, which stood still or does not hear rfserver, changes nothing.
extension ProxyCore {
    /// An rfproxy that has not heard rfserver for this long may have lost its datapaths without knowing it.
    private static var certainty: Duration { .seconds(3) }
    /// Claims are at least this far apart: somebody else may insist as well.
    private static var leastGap: Duration { .seconds(1) }

    private func knowsRoles(_ id: DatapathID) -> Bool { datapaths[id]?.table.dialect.clearsInPort ?? false }

    private mutating func claim(_ session: SessionID, of id: DatapathID, at now: Instant) {
        guard knowsRoles(id) else { return }
        sessions[session]?.claimedAt = now
        sessions[session]?.wasRefused = false
        send(.request(.master), to: session)
    }

    /// The switch is a spare's: it need not send packets here.
    mutating func standBy(_ session: SessionID, of id: DatapathID) {
        if knowsRoles(id) { send(.request(.slave), to: session) }
    }

    /// Says again who the master is: a former one, which woke up late, may have claimed the switch for a moment.
    mutating func claimAgain(_ session: SessionID, at now: Instant) {
        guard let id = sessions[session]?.datapath, isMaster(of: id), isCertain(at: now) else { return }
        if sessions[session]?.wasRefused ?? false {
            readFlows(by: session, at: now)
        } else {
            claim(session, of: id, at: now)
        }
    }

    /// The switch does not let this rfproxy write: another one is its master. False if that is none of its business.
    mutating func refusedAsSlave(_ session: SessionID, at now: Instant) -> Bool {
        guard let id = sessions[session]?.datapath, isMaster(of: id), knowsRoles(id) else { return false }
        count(.warning, "a switch takes orders from another master", ["dp_id": id])
        let last = sessions[session]?.claimedAt ?? .start
        if isCertain(at: now), now >= last.advanced(by: Self.leastGap) {
            readFlows(by: session, at: now)
        } else {
            sessions[session]?.wasRefused = true
        }
        return true
    }

    private func isCertain(at now: Instant) -> Bool {
        conversation.lastHeard.map { now <= $0.advanced(by: Self.certainty) } ?? false
    }
}
