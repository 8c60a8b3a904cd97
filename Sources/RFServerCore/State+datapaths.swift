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
            network.masters.settle(ctID)
            mayChangeMasters = true
            guard let named else { return }
            // Mapping frames stop when they have been confirmed, so an rfproxy that has started anew does not know
            // them: what it does not name of them stays. Datapaths it knows by their connections.
            let connected = network.masters.datapaths(of: ctID)
            for (key, error) in network.refusals
            where network.masters[error.dpID] == ctID && !named.contains(key) {
                network.refusals[key] = nil
            }
            for dpID in connected where !named.contains(.datapath(dpID)) { leave(dpID, ctID: ctID) }
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
            if network.masters[error.dpID] == ctID { self.note(error) }
        default:
            count("message that is not the rfproxy's to say", ["ct_id": ctID, "type": message.kind.rawValue])
        }
    }

    private mutating func join(_ join: DatapathJoin) {
        let former = network.masters.join(join)
        if former?.ports.map(\.dpPort) != join.ports.map(\.dpPort) {
            let what = join.isVirtualSwitch ? "virtual switch" : "datapath"
            log(
                former == nil ? .info : .debug,
                former == nil ? "\(what) connected" : "ports of a \(what) changed",
                ["dp_id": join.dpID, "ct_id": join.ctID, "ports": join.ports.count])
        }
        guard !join.isVirtualSwitch else { return joinVirtualSwitch(join) }
        updateMaster(of: join.dpID)
        if network.masters[join.dpID] == join.ctID { takeUpPorts(of: join.dpID) }
    }

    /// Rows that name a port which the virtual switch has not are wrong, whoever should have said so.
    private mutating func joinVirtualSwitch(_ join: DatapathJoin) {
        let former = network.virtualSwitches[join.dpID, default: [:]].updateValue(
            join.connection, forKey: join.ctID)
        if let former, former != join.connection {
            forgetClaims(on: join.dpID, ctID: join.ctID)
            unconfirmPorts(of: join.dpID)
        }
        // Of two rfproxies that have the virtual switch, one may be late.
        let ports = network.masters.ports(of: join.dpID)
        for virtual in network.table.entries.compactMap(\.virtual)
        where virtual.vsID == join.dpID && !ports.contains(virtual.port) {
            unmap(virtual)
        }
    }

    /// The virtual switch is away, unless another rfproxy still has it.
    private mutating func leaveVirtualSwitch(_ vsID: DatapathID, ctID: Int32) {
        network.virtualSwitches[vsID, default: [:]][ctID] = 0
        forgetClaims(on: vsID, ctID: ctID)
        let silent = network.masters.silent
        guard
            network.virtualSwitches[vsID]?.allSatisfy({ $0.value == 0 || silent.contains($0.key) }) ?? true
        else { return }
        unconfirmPorts(of: vsID)
        wantsVirtualSwitch = true
    }

    /// The connection is over over which an rfproxy has seen these frames.
    private mutating func forgetClaims(on vsID: DatapathID, ctID: Int32) {
        for virtual in network.claims.keys where virtual.vsID == vsID { forgetClaim(on: virtual, ctID: ctID) }
    }

    private mutating func forgetClaim(on virtual: RFEntry.VirtualPort, ctID: Int32) {
        network.claims[virtual]?[ctID] = nil
        if network.claims[virtual]?.isEmpty ?? false { network.claims[virtual] = nil }
    }

    /// The ports of a virtual switch may come back with other numbers: each VM port has to show itself again, unless another
    /// rfproxy has been connected all the time since it did. The rows stay in use until then.
    private mutating func unconfirmPorts(of vsID: DatapathID) {
        for entry in network.table.entries where entry.virtual?.vsID == vsID {
            guard let vm = entry.vm, let virtual = entry.virtual else { continue }
            let isSeen = liveClaims(on: virtual).contains { RFEntry.VMPort($0.vmID, $0.vmPort) == vm }
            if !isSeen { unconfirm(vm) }
        }
    }

    /// What has been seen on a virtual port by rfproxies that may still see it.
    private func liveClaims(on virtual: RFEntry.VirtualPort) -> [VMMap] {
        (network.claims[virtual] ?? [:]).filter { !network.masters.silent.contains($0.key) }.map(\.value)
    }

    private mutating func leave(_ dpID: DatapathID, ctID: Int32) {
        guard network.masters.leave(dpID, ctID) else { return }
        let isElsewhere = network.masters.isConnected(dpID)
        log(
            isElsewhere ? .info : .warning,
            isElsewhere
                ? "datapath disconnected from one of its rfproxies"
                : "datapath disconnected; its ports keep their VM",
            ["dp_id": dpID, "ct_id": ctID])
        mayChangeMasters = true
        if dpID.isVirtualSwitch {
            leaveVirtualSwitch(dpID, ctID: ctID)
        } else if !isElsewhere, network.table.entries(of: dpID).isEmpty {
            // Nobody's: whoever connects under ever new identities must not fill the table.
            network.table.forget(dpID)
            if let master = network.masters.forget(dpID) { changed(.datapathGrant(dpID, master)) }
            network.completeTables.remove(dpID)
            network.refusals = network.refusals.filter { $0.value.dpID != dpID }
        }
    }

    /// Each rfproxy that the virtual switch is connected to sees the same frames, and says so.
    private mutating func map(_ map: VMMap, ctID: Int32) {
        let virtual = RFEntry.VirtualPort(map.vsID, map.vsPort)
        if map.isRemoval {
            forgetClaim(on: virtual, ctID: ctID)
            // The last one to see the port go says so.
            if liveClaims(on: virtual).isEmpty { unmap(virtual) }
            return
        }
        network.claims[virtual, default: [:]][ctID] = map
        believe(map)
    }

    /// Maps a port as a mapping frame says, if that proves to be the VM's own word by now.
    mutating func believe(_ claim: VMMap) {
        let ids: [String: any CustomStringConvertible] = [
            "vm_id": claim.vmID, "vm_port": claim.vmPort, "vs_id": claim.vsID, "vs_port": claim.vsPort,
        ]
        guard let vm = network.vms[claim.vmID], vm.token != 0, vm.token == claim.token else {
            // An rfproxy repeats the last frame of each port when this rfserver starts: those are of an old token.
            if let count = tally.count("mapping frame without the right token") {
                log(
                    .debug, "mapping frame without the right token",
                    ids.merging(["count": count]) { first, _ in first })
            }
            return
        }
        let virtual = RFEntry.VirtualPort(claim.vsID, claim.vsPort)
        let former = network.table[virtualPort: virtual]?.vm
        let port = RFEntry.VMPort(claim.vmID, claim.vmPort)
        guard network.table.map(port, to: virtual) else {
            return count("mapping frame for a port that the VM has not registered", ids)
        }
        if let former, former != port { unconfirm(former) }
        network.vms[claim.vmID]?.confirmedPorts.insert(claim.vmPort)
        followTable()
        changed(.vmPortMapped(claim.vmID, claim.vmPort))
    }

    /// The virtual port is gone. Its VM port has to announce itself from wherever it is now.
    private mutating func unmap(_ virtual: RFEntry.VirtualPort) {
        guard let vm = network.table[virtualPort: virtual]?.vm else { return }
        network.table.unmap(virtual)
        unconfirm(vm)
        followTable()
    }

    private mutating func unconfirm(_ port: RFEntry.VMPort) {
        network.vms[port.vmID]?.confirmedPorts.remove(port.port)
        changed(.vmPortMapped(port.vmID, port.port))
    }

    private mutating func note(_ error: FlowError) {
        let ids: [String: any CustomStringConvertible] = [
            "dp_id": error.dpID, "prefix": error.prefix, "type": error.type, "code": error.code,
        ]
        let key = RFKey.flowError(error.dpID, error.source, error.prefix)
        network.refusals[key] = error.isRemoval ? nil : error
        if error.isRemoval {
            log(.info, "switch has taken the flow that it refused", ids)
        } else {
            let carrier = error.carrier.map { "\($0)" } ?? "the VM"
            count("flow refused by a switch", ids.merging(["carried_by": carrier]) { own, _ in own })
        }
    }
}
