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
            guard let named else { return }
            // Mapping frames stop when they have been confirmed, so an rfproxy that has started anew does not know
            // them: what it does not name of them stays. Datapaths it knows by their connections.
            let connected = network.connected.values.filter { $0.ctID == ctID }
            for join in connected where !named.contains(.datapath(join.dpID)) { leave(join.dpID, ctID: ctID) }
        case .rejected(let reasons):
            for reason in reasons { count("message not understood", ["ct_id": ctID, "reason": reason]) }
        case .superseded:
            effects.append(.stop(reason: "a later rfserver is at work on this database"))
        case .dropped(let reason):
            drop(reason, from: .rfproxy(ctID))
        }
    }

    private mutating func take(_ message: RFMessage, from ctID: Int32) {
        switch message {
        case .datapathJoin(let join) where join.ctID == ctID: self.join(join)
        case .datapathLeave(let leave): self.leave(leave.dpID, ctID: ctID)
        case .vmMap(let map): self.map(map)
        case .flowError(let error): self.note(error)
        default:
            count("message that is not the rfproxy's to say", ["ct_id": ctID, "type": message.kind.rawValue])
        }
    }

    private mutating func join(_ join: DatapathJoin) {
        let former = network.connected.updateValue(join, forKey: join.dpID)
        if former?.ports.map(\.dpPort) != join.ports.map(\.dpPort) {
            log(
                .info, join.isVirtualSwitch ? "virtual switch connected" : "datapath connected",
                ["dp_id": join.dpID, "ct_id": join.ctID, "ports": join.ports.count])
        }
        guard !join.isVirtualSwitch else { return }
        let isNew = network.proxyOfDatapath.updateValue(join.ctID, forKey: join.dpID) != join.ctID
        network.table.join(join.dpID, ctID: join.ctID, ports: join.ports.map(\.dpPort))
        followTable()
        if isNew {
            for key in network.configurationKeys(of: join.dpID) { changed(key) }
            changed(.tableComplete(join.dpID))
        }
    }

    private mutating func leave(_ dpID: DatapathID, ctID: Int32) {
        guard network.connected[dpID]?.ctID == ctID else { return }
        network.connected[dpID] = nil
        log(.warning, "datapath disconnected; its ports keep their VM", ["dp_id": dpID, "ct_id": ctID])
        if dpID.isVirtualSwitch { effects.append(.configureVirtualSwitch) }
    }

    private mutating func map(_ map: VMMap) {
        let virtual = RFEntry.VirtualPort(map.vsID, map.vsPort)
        if map.isRemoval { return unmap(virtual) }
        let ids: [String: any CustomStringConvertible] = [
            "vm_id": map.vmID, "vm_port": map.vmPort, "vs_id": map.vsID, "vs_port": map.vsPort,
        ]
        guard let vm = network.vms[map.vmID], vm.token != 0, vm.token == map.token else {
            // An rfproxy repeats the last frame of each port when this rfserver starts: those are of an old token.
            if let count = tally.count("mapping frame without the right token") {
                log(
                    .debug, "mapping frame without the right token",
                    ids.merging(["count": count]) { first, _ in first })
            }
            return
        }
        guard network.table.map(RFEntry.VMPort(map.vmID, map.vmPort), to: virtual) else {
            return count("mapping frame for a port that the VM has not registered", ids)
        }
        network.vms[map.vmID]?.confirmedPorts.insert(map.vmPort)
        followTable()
        changed(.vmPortMapped(map.vmID, map.vmPort))
    }

    /// The virtual port is gone. Its VM port has to announce itself from wherever it is now.
    private mutating func unmap(_ virtual: RFEntry.VirtualPort) {
        guard let vm = network.table[virtualPort: virtual]?.vm else { return }
        network.table.unmap(virtual)
        network.vms[vm.vmID]?.confirmedPorts.remove(vm.port)
        followTable()
        changed(.vmPortMapped(vm.vmID, vm.port))
    }

    private mutating func note(_ error: FlowError) {
        let ids: [String: any CustomStringConvertible] = [
            "dp_id": error.dpID, "prefix": error.prefix, "type": error.type, "code": error.code,
        ]
        if error.isRemoval {
            log(.info, "switch has taken the flow that it refused", ids)
        } else {
            _ = tally.count("flow refused by a switch")
            log(.error, "flow refused by the switch", ids)
        }
    }
}
