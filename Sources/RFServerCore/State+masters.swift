import Logging
import NetTypes
import RFLib

/// Which rfproxy is the master of which datapath.
extension ServerCore {
    /// How often it is looked after whether an rfproxy is silent, so that a pause of this process does not pass for
    /// theirs.
    static var proxyCheckInterval: Duration { .seconds(1) }

    /// An rfproxy has said something.
    mutating func hear(_ ctID: Int32) {
        guard network.proxies.hear(ctID) else { return }
        mayChangeMasters = true
    }

    /// Notices the rfproxies that have been silent for too long.
    mutating func noticeSilentProxies(at now: Instant) {
        var next = now.advanced(by: Self.proxyCheckInterval)
        for (ctID, conversation) in proxyConversations {
            guard let end = proxyClock.silenceEnds(lastHeard: conversation.lastHeard) else { continue }
            if end > now {
                next = min(next, end)
            } else if network.proxies.silence(ctID) {
                log(.debug, "rfproxy is silent", ["ct_id": ctID])
                mayChangeMasters = true
            }
        }
        proxyCheckAt = network.proxies.hasSpares ? next : nil
    }

    mutating func updateMasters() {
        guard mayChangeMasters else { return }
        mayChangeMasters = false
        for dpID in network.proxies.joins.keys where !dpID.isVirtualSwitch { updateMaster(of: dpID) }
    }

    /// Gives a datapath to the rfproxy that is to have it. The former master is told only that it is none any more: that
    /// it forgets the datapath must not look like a withdrawal of flows.
    mutating func updateMaster(of dpID: DatapathID) {
        guard let next = network.proxies.successor(for: dpID), next != network.proxies.masters[dpID] else {
            return
        }
        let former = network.proxies.set(next, for: dpID)
        if let former {
            changed(.datapathGrant(dpID, former))
            tell(
                .warning, of: dpID, "datapath moves to another rfproxy",
                [
                    "dp_id": dpID, "from": former, "to": next,
                    "reason": network.proxies.silent.contains(former)
                        ? "silent"
                        : network.proxies.joins[dpID]?[former] == nil ? "disconnected" : "preferred",
                ])
        }
        // What the former one said of refusals is of another connection.
        network.refusals[dpID] = nil
        changed(.datapathGrant(dpID, next))
        takeUpPorts(of: dpID)
        for key in network.routingKeys(of: dpID) { changed(key) }
        changed(.tableComplete(dpID))
    }

    /// The table follows what the master says of a datapath's ports.
    mutating func takeUpPorts(of dpID: DatapathID) {
        guard let master = network.proxies.masters[dpID], let join = network.proxies.joins[dpID]?[master]
        else {
            return
        }
        network.table.join(dpID, ctID: master, ports: join.ports.map(\.dpPort))
        followTable()
        // An rfproxy forgets the protocols of a datapath that has left and has no routes.
        for key in network.configurationKeys(of: dpID) { changed(key) }
        changed(.tableComplete(dpID))
    }
}
