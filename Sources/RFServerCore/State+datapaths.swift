import Logging
import NetTypes
import RFLib

/// What the rfproxies say.
extension ServerCore {
    mutating func deliver(_ delivery: Conversation.Delivery, from ctID: Int32) {
        switch delivery {
        case .begin:
            log(.debug, "rfproxy says its whole state", ["ct_id": ctID])
        case .messages(let messages):
            for message in messages { take(message, from: ctID) }
        case .end(let named):
            // What could not be understood it may have, but nobody could grant it that.
            network.proxies.settle(ctID)
            mayChangeMasters = true
            guard let named else { return }
            // Mapping frames stop when they have been confirmed, so an rfproxy that has started anew does not know
            // them: what it does not name of them stays. Datapaths it knows by their connections.
            let connected = network.proxies.datapaths(of: ctID)
            for dpID in network.refusals.keys where network.proxies.masters[dpID] == ctID {
                for key in network.refusals[dpID, default: [:]].keys where !named.contains(key) {
                    network.forgetRefusal(key, of: dpID)
                }
            }
            for dpID in connected where !named.contains(.datapath(dpID)) { leave(dpID, ctID: ctID) }
            // Those that have left while no rfserver was at work.
            for (dpID, owner) in table.datapaths where owner == ctID { forgetIfNobodys(dpID) }
        case .rejected(let reasons):
            for reason in reasons { count("message not understood", ["ct_id": ctID, "reason": reason]) }
        case .superseded:
            stop("a later rfserver is at work on this database")
        case .dropped(let reason):
            drop(reason, from: .rfproxy(ctID))
        }
    }

    private mutating func take(_ message: RFMessage, from ctID: Int32) {
        switch message {
        case .datapathJoin(let join) where join.ctID == ctID: self.join(join)
        case .datapathLeave(let leave): self.leave(leave.dpID, ctID: ctID)
        case .vmMap(let map): self.map(map, ctID: ctID)
        case .flowError(let error):
            // One that is no longer the master withdraws what it has reported, and must not withdraw another's word.
            if network.proxies.masters[error.dpID] == ctID { self.note(error) }
        default:
            count("message that is not the rfproxy's to say", ["ct_id": ctID, "type": message.kind.rawValue])
        }
    }

    private mutating func join(_ join: DatapathJoin) {
        let former = network.proxies.join(join)
        if former?.ports.map(\.dpPort) != join.ports.map(\.dpPort) {
            let what = join.isVirtualSwitch ? "virtual switch" : "datapath"
            let ids: [String: any CustomStringConvertible] = [
                "dp_id": join.dpID, "ct_id": join.ctID, "ports": join.ports.count,
            ]
            if former == nil {
                tell(.info, of: join.dpID, "\(what) connected", ids)
            } else {
                log(.debug, "ports of a \(what) changed", ids)
            }
        }
        guard !join.isVirtualSwitch else { return joinVirtualSwitch(join) }
        updateMaster(of: join.dpID)
        if network.proxies.masters[join.dpID] == join.ctID { takeUpPorts(of: join.dpID) }
    }

    private mutating func leave(_ dpID: DatapathID, ctID: Int32) {
        guard network.proxies.leave(dpID, ctID) else { return }
        let isElsewhere = network.proxies.isConnected(dpID)
        tell(
            isElsewhere ? .info : .warning, of: dpID,
            isElsewhere
                ? "datapath disconnected from one of its rfproxies"
                : "datapath disconnected; its ports keep their VM",
            ["dp_id": dpID, "ct_id": ctID])
        mayChangeMasters = true
        if dpID.isVirtualSwitch {
            leaveVirtualSwitch(dpID, ctID: ctID)
        } else {
            forgetIfNobodys(dpID)
        }
    }

    /// Forgets a datapath that is not connected and that no VM has: whoever connects under ever new identities must not fill the
    /// table.
    mutating func forgetIfNobodys(_ dpID: DatapathID) {
        guard !network.proxies.isConnected(dpID), table.entries(of: dpID).isEmpty else { return }
        network.table.forget(dpID)
        if let master = network.proxies.forget(dpID) { changed(.datapathGrant(dpID, master)) }
        network.completeTables.remove(dpID)
        network.refusals[dpID] = nil
    }

    private mutating func note(_ error: FlowError) {
        let ids: [String: any CustomStringConvertible] = [
            "dp_id": error.dpID, "prefix": error.prefix, "type": error.type, "code": error.code,
        ]
        let key = RFKey.flowError(error.dpID, error.source, error.prefix)
        if error.isRemoval {
            network.forgetRefusal(key, of: error.dpID)
            count("a flow that a switch refused is taken by now, or not wanted any more", ids, at: .info)
        } else {
            network.refusals[error.dpID, default: [:]][key] = error
            let carrier = error.carrier.map { "\($0)" } ?? "the VM"
            count("flow refused by a switch", ids.merging(["carried_by": carrier]) { own, _ in own })
        }
    }
}
