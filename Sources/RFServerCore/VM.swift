import NetTypes
import RFLib

/// What rfserver knows of one VM.
struct VM: Sendable {
    /// What it has registered with, once it has.
    var registration: VMRegisterRequest?
    /// Why it may not take part, if it may not.
    var refusal: String?
    /// The incarnation of the rfclient that registered.
    var registeredEpoch: Int64 = 0
    /// What its mapping frames have to carry; new with each incarnation of the rfclient or the VM.
    var token: UInt64 = 0
    /// The ports whose mapping frames have been seen since the token was given.
    var confirmedPorts: Set<UInt8> = []
    /// Where its packets go, by prefix.
    var routes: [IPPrefix: Forwarding] = [:]
    /// True when it has said its whole state to this rfserver.
    var isSynced = false
    /// False when it has been silent for too long: nothing is expected of it, and nothing sent to it.
    var isAlive = true
    /// Where its ports are.
    var ports = VMPorts()
}

/// Where a VM's ports are, taken from the RFTable whenever that changes: the path of each route looks only here.
struct VMPorts: Hashable, Sendable {
    /// The datapath port of each VM port that has one.
    private(set) var datapathPorts: [UInt16: RFEntry.DatapathPort] = [:]
    /// The datapaths that the VM is the router of.
    private(set) var datapaths: Set<DatapathID> = []

    init() {}

    init(entries: [RFEntry]) {
        for entry in entries {
            guard let vm = entry.vm, let datapath = entry.datapath else { continue }
            datapathPorts[UInt16(vm.port)] = datapath
            datapaths.insert(datapath.dpID)
        }
    }

    /// What a datapath does for a route of the VM.
    func forwarding(of route: Forwarding, on dpID: DatapathID) -> Forwarding {
        switch route.kind {
        case .local, .punt, .blackhole:
            return Forwarding(route.kind)
        case .route, .host:
            guard let egress = datapathPorts[route.port], egress.dpID == dpID else {
                // The way out is on another switch, or on none: only the VM can carry the packet there.
                return Forwarding(.punt)
            }
            return Forwarding(route.kind, port: egress.port, destination: route.destination)
        }
    }
}
