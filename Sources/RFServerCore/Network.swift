import NetTypes
import RFLib

/// What rfserver knows of the VMs and the datapaths, and what follows from it for its peers.
struct Network: Sendable {
    /// Which ports belong together.
    var table: RFTable
    var vms: [VMID: VM] = [:]
    /// Which rfproxies have which datapaths, and who is the master of each.
    var proxies: Proxies
    /// Whose data ports have this address.
    var vmOfAddress: [MACAddress: VMID] = [:]
    /// The last mapping frame of each port of the virtual switches, as each rfproxy has seen it, believed or not: it may come
    /// before what proves it.
    var claims: [RFEntry.VirtualPort: [Int32: VMMap]] = [:]
    /// The active rows of the table, as the rfproxies are told.
    var portMaps: [RFKey: PortMap] = [:]
    /// The connection of each virtual switch to each rfproxy; 0 for one that has ended.
    var virtualSwitches: [DatapathID: [Int32: Int64]] = [:]
    /// The flows that switches do not take.
    var refusals: [DatapathID: [RFKey: FlowError]] = [:]
    /// The datapaths whose flows have all been said.
    var completeTables: Set<DatapathID> = []

    /// How often the VMs are to show that they live.
    private let beatInterval: Duration

    init(table: RFTable, epoch: Int64, beatInterval: Duration) {
        self.table = table
        self.beatInterval = beatInterval
        self.proxies = Proxies(table.datapaths, preferred: table.mapping.proxies, epoch: epoch)
        self.portMaps = Self.portMaps(of: table)
        for vmID in table.vms { add(vmID) }
    }

    /// Remembers a VM that has not been heard of before.
    mutating func add(_ vmID: VMID) {
        guard vms[vmID] == nil else { return }
        vms[vmID] = VM()
        vms[vmID]?.ports = VMPorts(entries: table.entries(of: vmID))
        if vmOfAddress[vmID.dataAddress] == nil { vmOfAddress[vmID.dataAddress] = vmID }
    }

    /// A switch has taken a flow that it refused, or nobody wants it there any more.
    mutating func forgetRefusal(_ key: RFKey, of dpID: DatapathID) {
        refusals[dpID]?[key] = nil
        if refusals[dpID]?.isEmpty ?? false { refusals[dpID] = nil }
    }

    /// Forgets whose address this VM's is, so that another may have it.
    mutating func releaseAddress(of vmID: VMID) {
        if vmOfAddress[vmID.dataAddress] == vmID { vmOfAddress[vmID.dataAddress] = nil }
    }

    /// Makes everything that is derived from the table follow it. Returns the keys on which there is a new word.
    mutating func followTable() -> Set<RFKey> {
        var keys: Set<RFKey> = []
        for (vmID, vm) in vms {
            let ports = VMPorts(entries: table.entries(of: vmID))
            guard ports != vm.ports else { continue }
            vms[vmID]?.ports = ports
            let datapaths = vm.ports.datapaths.union(ports.datapaths)
            for dpID in datapaths {
                for prefix in vm.routes.keys { keys.insert(.flow(dpID, vmID.dataAddress, prefix)) }
            }
        }
        let maps = Self.portMaps(of: table)
        for key in Set(maps.keys).union(portMaps.keys) where maps[key] != portMaps[key] { keys.insert(key) }
        portMaps = maps
        return keys
    }

    /// True if each VM behind the datapath has said its whole state.
    func isComplete(_ dpID: DatapathID, whenNoVM isIdleComplete: Bool) -> Bool {
        let routers = vms.values.filter { $0.ports.datapaths.contains(dpID) }
        return routers.isEmpty ? isIdleComplete : routers.allSatisfy(\.isSynced)
    }

    private static func portMaps(of table: RFTable) -> [RFKey: PortMap] {
        var maps: [RFKey: PortMap] = [:]
        for entry in table.vmEntries {
            guard let datapath = entry.datapath, let virtual = entry.virtual else { continue }
            maps[.portMap(datapath.dpID, datapath.port)] = PortMap(
                dpID: datapath.dpID, dpPort: datapath.port, ctID: datapath.ctID, vsID: virtual.vsID,
                vsPort: virtual.port)
        }
        return maps
    }
}

extension Network: WantedState {
    func keys(for peer: PeerName) -> [RFKey] {
        if let vmID = peer.vmID { return keys(forVM: vmID) }
        if let ctID = peer.ctID { return keys(forProxy: ctID) }
        return []
    }

    private func keys(forVM vmID: VMID) -> [RFKey] {
        [.vmRegisterResponse(vmID), .vmConfig(vmID)] + confirmationKeys(of: vmID)
    }

    /// The keys by which a VM is told which of its ports have been seen.
    func confirmationKeys(of vmID: VMID) -> [RFKey] {
        (vms[vmID]?.registration?.ports ?? []).map { .vmPortMapped(vmID, $0.vmPort) }
    }

    private func keys(forProxy ctID: Int32) -> [RFKey] {
        let datapaths = proxies.masters.filter { $0.value == ctID }.keys
        // Nothing of what is said of a datapath is taken by one that is not its master. And packets pass as soon as the ports
        // are known: that must not wait for a million flows.
        var keys: [RFKey] = datapaths.map { .datapathGrant($0, ctID) }
        keys += datapaths.flatMap(configurationKeys(of:)) + portMaps.keys
        for dpID in datapaths { keys += flowKeys(of: dpID) }
        return keys + datapaths.map { .tableComplete($0) }
    }

    /// The keys by which a datapath's master is told its virtual ports and its flows.
    func routingKeys(of dpID: DatapathID) -> [RFKey] { portMapKeys(of: dpID) + flowKeys(of: dpID) }

    private func flowKeys(of dpID: DatapathID) -> [RFKey] {
        vms.filter { $0.value.ports.datapaths.contains(dpID) }.flatMap { vmID, vm in
            vm.routes.keys.map { RFKey.flow(dpID, vmID.dataAddress, $0) }
        }
    }

    private func portMapKeys(of dpID: DatapathID) -> [RFKey] {
        portMaps.values.filter { $0.dpID == dpID }.map { .portMap(dpID, $0.dpPort) }
    }

    /// The keys by which a datapath's protocols are configured.
    func configurationKeys(of dpID: DatapathID) -> [RFKey] {
        DatapathOperation.routerDefaults.map { .datapathConfig(dpID, $0) }
    }

    func message(for key: RFKey) -> RFMessage? {
        switch key {
        case .vmRegisterResponse(let vmID):
            vms[vmID].flatMap { vm in
                if let reason = vm.refusal {
                    .vmRegisterResponse(VMRegisterResponse(vmID: vmID, accept: false, reason: reason))
                } else {
                    vm.registration.map { _ in
                        .vmRegisterResponse(VMRegisterResponse(vmID: vmID, accept: true))
                    }
                }
            }
        case .vmConfig(let vmID):
            vms[vmID].flatMap { vm in
                vm.registration.map {
                    .vmConfig(
                        VMConfig(
                            vmID: vmID, portCount: $0.ports.count, hwAddress: vmID.dataAddress,
                            token: vm.token, beatInterval: beatInterval.milliseconds))
                }
            }
        case .vmPortMapped(let vmID, let port):
            vms[vmID].flatMap { vm in
                vm.confirmedPorts.contains(port)
                    ? .vmPortMapped(VMPortMapped(vmID: vmID, vmPort: port)) : nil
            }
        case .datapathConfig(let dpID, let operation):
            .datapathConfig(DatapathConfig(dpID: dpID, operation: operation))
        case .flow(let dpID, let source, let prefix):
            flow(on: dpID, source: source, prefix: prefix).map { .flowMod($0) }
        case .portMap:
            portMaps[key].map { .portMap($0) }
        case .datapathGrant(let dpID, let ctID):
            proxies.grant(of: dpID, to: ctID).map { .datapathGrant($0) }
        case .tableComplete(let dpID):
            completeTables.contains(dpID) ? .tableComplete(TableComplete(dpID: dpID)) : nil
        case .vmRegisterRequest, .route, .flowError, .datapath, .vmMap:
            nil  // what others tell us
        }
    }

    private func flow(on dpID: DatapathID, source: MACAddress, prefix: IPPrefix) -> FlowMod? {
        guard let vmID = vmOfAddress[source], let vm = vms[vmID], vm.ports.datapaths.contains(dpID),
            let route = vm.routes[prefix]
        else { return nil }
        return FlowMod(
            dpID: dpID, source: source, prefix: prefix,
            forwarding: vm.ports.forwarding(of: route, on: dpID))
    }
}

extension Duration {
    /// Whole milliseconds, at least one and as many as fit.
    fileprivate var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        return Int32(clamping: max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
