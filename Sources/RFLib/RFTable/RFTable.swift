public import NetTypes

/// Which VM port, datapath port and virtual switch port are one router port.
///
/// A value: it decides, and notes what has changed for the database to keep. The table survives rfserver; it is never
/// cleared at a start.
public struct RFTable: Hashable, Sendable {
    /// What the operator has decided.
    public let mapping: MappingFile
    private let isStrict: Bool

    private var vmRows: [RFEntry.VMPort: RFEntry] = [:]
    private var idlePorts: [DatapathID: Set<UInt16>] = [:]
    private var vmOfDatapathPort: [RFEntry.DatapathPort.Place: RFEntry.VMPort] = [:]
    /// The rfproxy that has each datapath; what all its rows say.
    private var proxies: [DatapathID: Int32] = [:]
    private var vmOfVirtualPort: [RFEntry.VirtualPort: RFEntry.VMPort] = [:]
    /// VMs and datapaths in order of arrival.
    private var vmOrder: [VMID] = []
    private var datapathOrder: [DatapathID] = []
    private var changes: [RFTableChange] = []

    /// Takes up what the database kept, dissolves what the mapping file contradicts, and associates what it orders.
    /// - Parameter isStrict: leaves ports idle that the mapping file does not name.
    public init(stored: [RFEntry] = [], mapping: MappingFile = MappingFile(), isStrict: Bool = false) {
        self.mapping = mapping
        self.isStrict = isStrict
        // A datapath that was moving when rfserver ended may have rows that say one thing, and rows that say another.
        let ports = stored.compactMap(\.datapath)
        proxies = Dictionary(ports.map { ($0.dpID, $0.ctID) }, uniquingKeysWith: max)
        // VMs first: a row without one yields to a row with one. "vm/" follows "dp/".
        for entry in stored.sorted(by: { $0.id > $1.id }) { restore(entry) }
        associate()
    }

    // MARK: Looking up

    /// All rows, those of VMs first, in the order of their ids.
    public var entries: [RFEntry] {
        let idle = idlePorts.flatMap { dpID, ports in
            ports.map { idleRow(at: RFEntry.DatapathPort.Place(dpID, $0)) }
        }
        return vmRows.values.sorted { $0.id < $1.id } + idle.sorted { $0.id < $1.id }
    }

    /// The rows of all VMs, in no order.
    public var vmEntries: some Collection<RFEntry> { vmRows.values }

    /// The row of a VM port.
    public subscript(vm: VMID, port: UInt8) -> RFEntry? { vmRows[RFEntry.VMPort(vm, port)] }

    /// The row of the VM port that was seen on a virtual switch's port; nil if none was.
    public subscript(virtualPort port: RFEntry.VirtualPort) -> RFEntry? {
        vmOfVirtualPort[port].flatMap { vmRows[$0] }
    }

    /// The rows of a VM.
    public func entries(of vmID: VMID) -> [RFEntry] {
        vmRows.values.filter { $0.vm?.vmID == vmID }
    }

    /// The rows of a datapath that are associated with a VM.
    public func entries(of dpID: DatapathID) -> [RFEntry] {
        vmRows.values.filter { $0.datapath?.dpID == dpID }
    }

    /// All VMs that have rows.
    public var vms: Set<VMID> { Set(vmRows.keys.map(\.vmID)) }

    /// Each datapath that has rows, with the rfproxy that has it.
    public var datapaths: [DatapathID: Int32] {
        let ids = Set(vmRows.values.compactMap(\.datapath?.dpID)).union(idlePorts.keys)
        return proxies.filter { ids.contains($0.key) }
    }

    private func port(at place: RFEntry.DatapathPort.Place) -> RFEntry.DatapathPort {
        RFEntry.DatapathPort(ctID: proxies[place.dpID] ?? 0, place.dpID, place.port)
    }

    // MARK: Events

    /// What has changed since the last call, in the order in which the database has to be told.
    public mutating func takeChanges() -> [RFTableChange] {
        defer { changes = [] }
        return changes
    }

    /// A VM has registered with these ports. Ports that it does not have for now keep their partners: an interface may
    /// appear later than its rfclient.
    public mutating func register(_ vmID: VMID, ports: [UInt8]) {
        for port in ports where self[vmID, port] == nil {
            put(RFEntry(vm: RFEntry.VMPort(vmID, port)))
        }
        if !vmOrder.contains(vmID) { vmOrder.append(vmID) }
        associate()
    }

    /// A VM is gone: its datapath ports are idle again.
    public mutating func remove(_ vmID: VMID) {
        for entry in entries(of: vmID) {
            if let vm = entry.vm { remove(vm) }
        }
        vmOrder.removeAll { $0 == vmID }
        associate()
    }

    /// An rfproxy has this datapath, with these ports; its rows move there if they were another's. Associations outlive the
    /// connection, the port, and the move.
    public mutating func join(_ dpID: DatapathID, ctID: Int32, ports: [UInt16]) {
        move(dpID, to: ctID)
        let present = Set(ports)
        for port in idlePorts[dpID, default: []].subtracting(present) {
            removeIdle(RFEntry.DatapathPort.Place(dpID, port))
        }
        for port in ports {
            let place = RFEntry.DatapathPort.Place(dpID, port)
            if vmOfDatapathPort[place] == nil { addIdle(place) }
        }
        if !datapathOrder.contains(dpID) { datapathOrder.append(dpID) }
        associate()
    }

    private mutating func move(_ dpID: DatapathID, to ctID: Int32) {
        guard proxies.updateValue(ctID, forKey: dpID) != ctID else { return }
        for var entry in entries(of: dpID) {
            entry.datapath?.ctID = ctID
            put(entry)
        }
        for number in idlePorts[dpID, default: []] {
            changes.append(.put(idleRow(at: RFEntry.DatapathPort.Place(dpID, number))))
        }
    }

    /// A datapath is gone, its idle ports leave the table. Nothing is forgotten of one that has a VM.
    public mutating func forget(_ dpID: DatapathID) {
        guard entries(of: dpID).isEmpty else { return }
        for port in idlePorts[dpID, default: []] { removeIdle(RFEntry.DatapathPort.Place(dpID, port)) }
        datapathOrder.removeAll { $0 == dpID }
        proxies[dpID] = nil
    }

    /// A VM port has been seen on a virtual switch. A row that held that virtual port loses it.
    /// Returns false if there is no such VM port.
    public mutating func map(_ vm: RFEntry.VMPort, to virtual: RFEntry.VirtualPort) -> Bool {
        guard var entry = vmRows[vm] else { return false }
        if entry.virtual == virtual { return true }
        unmap(virtual)
        entry.virtual = virtual
        put(entry)
        return true
    }

    /// A port of a virtual switch is gone.
    public mutating func unmap(_ virtual: RFEntry.VirtualPort) {
        guard let vm = vmOfVirtualPort[virtual], var entry = vmRows[vm] else { return }
        entry.virtual = nil
        put(entry)
    }

    // MARK: Association

    private mutating func associate() {
        for (vm, datapath) in mapping.datapathPorts
        where vmRows[vm]?.datapath == nil && isIdle(datapath.place) {
            join(vm, datapath.place)
        }
        guard !isStrict else { return }
        for vmID in vmOrder {
            guard let datapath = partner(of: vmID) else { continue }
            for entry in entries(of: vmID) {
                guard let vm = entry.vm, entry.datapath == nil, mapping.datapathPorts[vm] == nil else {
                    continue
                }
                let place = RFEntry.DatapathPort.Place(datapath, UInt16(vm.port))
                if isIdle(place), mapping.vmPorts[place] == nil { join(vm, place) }
            }
        }
    }

    /// The datapath that a VM's unnamed ports belong to: the one that it has already, or the first idle one.
    private func partner(of vmID: VMID) -> DatapathID? {
        let entries = entries(of: vmID)
        let free = entries.compactMap(\.vm).filter { mapping.datapathPorts[$0] == nil }
        guard !free.isEmpty else { return nil }
        for vm in free {
            if let port = vmRows[vm]?.datapath { return port.dpID }
        }
        return datapathOrder.first { datapath in
            guard self.entries(of: datapath).isEmpty else { return false }
            return free.contains { vm in
                let place = RFEntry.DatapathPort.Place(datapath, UInt16(vm.port))
                return isIdle(place) && mapping.vmPorts[place] == nil
            }
        }
    }

    private mutating func join(_ vm: RFEntry.VMPort, _ place: RFEntry.DatapathPort.Place) {
        guard var entry = vmRows[vm] else { return }
        removeIdle(place)
        entry.datapath = port(at: place)
        put(entry)
    }

    // MARK: Rows

    private mutating func put(_ entry: RFEntry) {
        guard let vm = entry.vm else { return }
        let former = vmRows.updateValue(entry, forKey: vm)
        index(former, as: nil)
        index(entry, as: vm)
        changes.append(former == nil ? .add(entry) : .put(entry))
    }

    private mutating func remove(_ vm: RFEntry.VMPort) {
        guard let entry = vmRows.removeValue(forKey: vm) else { return }
        index(entry, as: nil)
        changes.append(.delete(id: entry.id))
        if let datapath = entry.datapath { addIdle(datapath.place) }
    }

    private mutating func index(_ entry: RFEntry?, as vm: RFEntry.VMPort?) {
        if let datapath = entry?.datapath { vmOfDatapathPort[datapath.place] = vm }
        if let virtual = entry?.virtual { vmOfVirtualPort[virtual] = vm }
    }

    private func isIdle(_ place: RFEntry.DatapathPort.Place) -> Bool {
        idlePorts[place.dpID]?.contains(place.port) ?? false
    }

    private func idleRow(at place: RFEntry.DatapathPort.Place) -> RFEntry {
        RFEntry(datapath: port(at: place))
    }

    private mutating func addIdle(_ place: RFEntry.DatapathPort.Place) {
        guard idlePorts[place.dpID, default: []].insert(place.port).inserted else { return }
        changes.append(.add(idleRow(at: place)))
    }

    private mutating func removeIdle(_ place: RFEntry.DatapathPort.Place) {
        guard idlePorts[place.dpID]?.remove(place.port) != nil else { return }
        if idlePorts[place.dpID]?.isEmpty ?? false { idlePorts[place.dpID] = nil }
        changes.append(.delete(id: idleRow(at: place).id))
    }

    /// Takes up a stored row, unless it contradicts another or the mapping file.
    private mutating func restore(_ entry: RFEntry) {
        if let datapath = entry.datapath, !datapathOrder.contains(datapath.dpID) {
            datapathOrder.append(datapath.dpID)
        }
        guard let vm = entry.vm else { return restoreIdle(entry) }
        if !vmOrder.contains(vm.vmID) { vmOrder.append(vm.vmID) }
        var restored = entry
        if let datapath = entry.datapath {
            restored.datapath = port(at: datapath.place)
            if !agrees(vm, datapath) {
                restored.datapath = nil
                addIdle(datapath.place)
            }
        }
        if let virtual = entry.virtual, vmOfVirtualPort[virtual] != nil { restored.virtual = nil }
        vmRows[vm] = restored
        index(restored, as: vm)
        if restored != entry { changes.insert(.put(restored), at: 0) }
    }

    private mutating func restoreIdle(_ entry: RFEntry) {
        guard let datapath = entry.datapath, vmOfDatapathPort[datapath.place] == nil else {
            changes.append(.delete(id: entry.id))
            return
        }
        idlePorts[datapath.dpID, default: []].insert(datapath.port)
        let restored = idleRow(at: datapath.place)
        if restored != entry { changes.append(.put(restored)) }
    }

    /// True if neither the mapping file nor another row says otherwise. The file's rfproxy is a wish, not a fact.
    private func agrees(_ vm: RFEntry.VMPort, _ datapath: RFEntry.DatapathPort) -> Bool {
        if vmOfDatapathPort[datapath.place] != nil { return false }
        let namedPartner = mapping.datapathPorts[vm]
        let namedVM = mapping.vmPorts[datapath.place]
        if namedPartner == nil, namedVM == nil { return !isStrict }
        return namedPartner?.place == datapath.place
    }
}
