import Logging
import NetTypes
import RFLib

/// Where the VMs' ports hang: what the rfproxies see of mapping frames on the virtual switches.
extension ServerCore {
    /// Rows that name a port which the virtual switch has not are wrong, whoever should have said so.
    mutating func joinVirtualSwitch(_ join: DatapathJoin) {
        let former = network.virtualSwitches[join.dpID, default: [:]].updateValue(
            join.connection, forKey: join.ctID)
        if let former, former != join.connection {
            forgetClaims(on: join.dpID, ctID: join.ctID)
            unconfirmPorts(of: join.dpID)
        }
        // Of two rfproxies that have the virtual switch, one may be late.
        let ports = network.proxies.ports(of: join.dpID)
        for virtual in network.table.vmEntries.compactMap(\.virtual)
        where virtual.vsID == join.dpID && !ports.contains(virtual.port) {
            unmap(virtual)
        }
    }

    /// The virtual switch is away, unless another rfproxy still has it.
    mutating func leaveVirtualSwitch(_ vsID: DatapathID, ctID: Int32) {
        network.virtualSwitches[vsID, default: [:]][ctID] = 0
        forgetClaims(on: vsID, ctID: ctID)
        let silent = network.proxies.silent
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
        for entry in Array(network.table.vmEntries) where entry.virtual?.vsID == vsID {
            guard let vm = entry.vm, let virtual = entry.virtual else { continue }
            let isSeen = liveClaims(on: virtual).contains { RFEntry.VMPort($0.vmID, $0.vmPort) == vm }
            if !isSeen { unconfirm(vm) }
        }
    }

    /// What has been seen on a virtual port by rfproxies that may still see it.
    private func liveClaims(on virtual: RFEntry.VirtualPort) -> [VMMap] {
        (network.claims[virtual] ?? [:]).filter { !network.proxies.silent.contains($0.key) }.map(\.value)
    }

    /// Each rfproxy that the virtual switch is connected to sees the same frames, and says so.
    mutating func map(_ map: VMMap, ctID: Int32) {
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
}
