public import NetTypes
public import RFLib

/// What the daemons have said, as far as they have answered.
public struct Answers: Sendable {
    /// Nil if rfserver did not answer.
    public var server: ServerReport?
    /// The VMs that answered.
    public var clients: [VMID: ClientReport] = [:]
    /// The rfproxies that answered.
    public var proxies: [Int32: ProxyReport] = [:]

    /// No answer yet.
    public init() {}

    /// The VMs that there are, from whoever knows of them.
    public var vms: [VMID] {
        let registered = server?.vms.map(\.vmID) ?? []
        let named = server?.named.map(\.vm.vmID) ?? []
        return Set(registered + named + clients.keys).sorted { $0.rawValue < $1.rawValue }
    }

    /// How a VM is called: its host name, and its id.
    public func name(of vmID: VMID) -> String {
        guard let name = clients[vmID]?.hostName, !name.isEmpty else { return "\(vmID)" }
        return "\(name) (\(vmID))"
    }

    /// The rows of the RFTable that a VM has with a datapath.
    func rows(of vmID: VMID) -> [RFEntry] {
        (server?.rows ?? []).filter { $0.vm?.vmID == vmID && $0.datapath != nil }
    }
}
