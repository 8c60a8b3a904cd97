import Logging
import NetTypes
import RFLib

/// What the VMs say.
extension ServerCore {
    mutating func deliver(_ delivery: Conversation.Delivery, from vmID: VMID) {
        switch delivery {
        case .begin:
            log(.debug, "VM says its whole state", ["vm_id": vmID])
        case .messages(let messages):
            for message in messages { take(message, from: vmID) }
        case .end(let named):
            finishSync(of: vmID, named: named)
        case .rejected(let reasons):
            for reason in reasons { count("message not understood", ["vm_id": vmID, "reason": reason]) }
        case .superseded:
            stop("a later rfserver is at work on this database")
        case .dropped(let reason):
            drop(reason, from: .rfclient(vmID))
        }
    }

    mutating func drop(_ reason: Conversation.Drop, from peer: PeerName) {
        // At a start the channel repeats what it holds, so this is no news for an operator.
        guard let count = tally.count("envelope dropped: \(reason.rawValue)") else { return }
        log(.debug, "envelope dropped", ["from": peer, "reason": reason.rawValue, "count": count])
    }

    /// A VM that was given up says something.
    mutating func revive(_ vmID: VMID) {
        guard network.vms[vmID]?.isAlive == false else { return }
        network.vms[vmID]?.isAlive = true
        log(.info, "VM heard again", ["vm_id": vmID])
    }

    private mutating func take(_ message: RFMessage, from vmID: VMID) {
        switch message {
        case .vmRegisterRequest(let request) where request.vmID == vmID:
            register(request)
        case .routeInfo(let route) where route.vmID == vmID && route.prefix.address.v4 != nil:
            set(route.forwarding, for: route.prefix, of: vmID)
        default:
            count("message that is not the VM's to say", ["vm_id": vmID, "type": message.kind.rawValue])
        }
    }

    // MARK: Registration

    private mutating func register(_ request: VMRegisterRequest) {
        let vmID = request.vmID
        guard hasAddressOfItsOwn(vmID), var vm = network.vms[vmID] else { return }
        vm.refusal = nil
        let clientEpoch = vmConversations[vmID]?.peerEpoch ?? 0
        let isNew = vm.registeredEpoch != clientEpoch || vm.registration?.bootID != request.bootID
        if isNew {
            vm.token = UInt64.random(in: 1...UInt64.max, using: &random)
            vm.confirmedPorts = []
            log(
                .info, "VM registered",
                ["vm_id": vmID, "ports": request.ports.count, "boot_id": request.bootID])
        }
        let hasNewPorts = vm.registration?.ports.map(\.vmPort) != request.ports.map(\.vmPort)
        let formerKeys = network.confirmationKeys(of: vmID)
        vm.registration = request
        vm.registeredEpoch = clientEpoch
        vm.confirmedPorts.formIntersection(request.ports.map(\.vmPort))
        network.vms[vmID] = vm
        network.table.register(vmID, ports: request.ports.map(\.vmPort))
        followTable()
        changed(.vmRegisterResponse(vmID))
        changed(.vmConfig(vmID))
        for key in formerKeys + network.confirmationKeys(of: vmID) { changed(key) }
        for claim in network.claims.values.flatMap(\.values) where claim.vmID == vmID { believe(claim) }
        if isNew || hasNewPorts { wantsVirtualSwitch = true }  // its ports may hang loose
    }

    /// Two ids that differ only in the bits that make an address a local one would share the address of their data
    /// ports (`VMID.dataAddress`), and so the flows: the second is refused.
    private mutating func hasAddressOfItsOwn(_ vmID: VMID) -> Bool {
        let holder = network.vmOfAddress[vmID.dataAddress] ?? vmID
        network.vmOfAddress[vmID.dataAddress] = holder
        guard holder != vmID else { return true }
        network.vms[vmID]?.refusal =
            "its data address \(vmID.dataAddress) is that of VM \(holder): give it another --id"
        count("VM refused: its data address is another VM's", ["vm_id": vmID, "holder": holder])
        changed(.vmRegisterResponse(vmID))
        return false
    }

    // MARK: Routes

    private mutating func set(_ forwarding: Forwarding?, for prefix: IPPrefix, of vmID: VMID) {
        guard network.vms[vmID]?.routes[prefix] != forwarding else { return }
        network.vms[vmID]?.routes[prefix] = forwarding
        for dpID in network.vms[vmID]?.ports.datapaths ?? [] {
            changed(.flow(dpID, vmID.dataAddress, prefix))
        }
    }

    private mutating func finishSync(of vmID: VMID, named: Set<RFKey>?) {
        guard let named else {
            count("whole state with parts that were not understood: nothing is removed", ["vm_id": vmID])
            return
        }
        let gone = (network.vms[vmID]?.routes ?? [:]).keys.filter { !named.contains(.route(vmID, $0)) }
        for prefix in gone { set(nil, for: prefix, of: vmID) }
        network.vms[vmID]?.isSynced = true
        mayChangeCompleteness = true
        log(
            .info, "VM in step",
            ["vm_id": vmID, "routes": network.vms[vmID]?.routes.count ?? 0, "removed": gone.count])
    }

    // MARK: Silence

    mutating func retireSilentVMs(at now: Instant) {
        for (vmID, conversation) in vmConversations where network.vms[vmID]?.isAlive == true {
            guard let end = clock.silenceEnds(lastHeard: conversation.lastHeard), end <= now else { continue }
            retire(vmID, at: now)
        }
    }

    private mutating func retire(_ vmID: VMID, at now: Instant) {
        guard let vm = network.vms[vmID] else { return }
        let silence = "\(settings.vmTimeout.components.seconds) s"
        _ = tally.count("VM silent for too long")
        log(
            .warning, "VM silent for too long: its routes are withdrawn, its ports idle",
            ["vm_id": vmID, "routes": vm.routes.count, "silence": silence])
        for prefix in vm.routes.keys { set(nil, for: prefix, of: vmID) }
        network.vms[vmID]?.registration = nil
        network.vms[vmID]?.registeredEpoch = 0
        network.vms[vmID]?.confirmedPorts = []
        network.vms[vmID]?.isSynced = false
        network.vms[vmID]?.isAlive = false
        network.vms[vmID]?.refusal = nil
        network.releaseAddress(of: vmID)
        vmConversations[vmID]?.forget(at: now)
        network.table.remove(vmID)
        followTable()
    }
}
