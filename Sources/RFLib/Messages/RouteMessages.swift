public import NetTypes

/// What becomes of packets to a prefix. One kind wins for each VM and prefix.
public enum RouteKind: String, Hashable, Codable, Sendable, CaseIterable {
    /// Via a resolved next hop: forward.
    case route
    /// A neighbour on a connected subnet: forward.
    case host
    /// Not to be decided by the switch: to the controller, and from there to the VM.
    case punt
    /// Not to be delivered: drop.
    case blackhole
    /// An address of the VM itself: to the controller, before anything else.
    case local
}

/// Where packets to a prefix go, without saying on which machine.
public struct Forwarding: Hashable, Codable, Sendable {
    /// What becomes of the packets.
    public var kind: RouteKind
    /// The egress port: the VM's in a `RouteInfo`, the datapath's in a `FlowMod`. 0 unless the kind forwards.
    public var port: UInt16
    /// The next hop's address. Zero unless the kind forwards.
    public var destination: MACAddress

    /// Forwards out of a port, or does what another kind says.
    public init(_ kind: RouteKind, port: UInt16 = 0, destination: MACAddress = .zero) {
        self.kind = kind
        self.port = port
        self.destination = destination
    }
}

/// The word of a VM on one prefix (type 4, rfclient to rfserver).
public struct RouteInfo: Hashable, Codable, Sendable {
    /// Whose word.
    public var vmID: VMID
    /// On which prefix.
    public var prefix: IPPrefix
    /// The address of the VM's data ports: packets for the router come with it as their destination, and leave with
    /// it as their source.
    public var source: MACAddress
    /// Where to; nil if the VM has nothing to say on the prefix any more.
    public var forwarding: Forwarding?

    /// Announces a prefix, or withdraws it.
    public init(vmID: VMID, prefix: IPPrefix, source: MACAddress, forwarding: Forwarding?) {
        self.vmID = vmID
        self.prefix = prefix
        self.source = source
        self.forwarding = forwarding
    }
}

/// A flow that a datapath is to have, or to lose (type 5, rfserver to rfproxy).
///
/// Several VMs may share a datapath: the router's address and the prefix identify the flow together.
public struct FlowMod: Hashable, Codable, Sendable {
    /// On which datapath.
    public var dpID: DatapathID
    /// The router's address: the flow matches packets to it, and sends them on from it.
    public var source: MACAddress
    /// To which prefix.
    public var prefix: IPPrefix
    /// Where to; nil if the flow has to go.
    public var forwarding: Forwarding?

    /// Installs a flow, or removes it.
    public init(dpID: DatapathID, source: MACAddress, prefix: IPPrefix, forwarding: Forwarding?) {
        self.dpID = dpID
        self.source = source
        self.prefix = prefix
        self.forwarding = forwarding
    }
}

/// A switch refused a flow (type 17, rfproxy to rfserver). The withdrawal says that it has been taken since.
public struct FlowError: Hashable, Codable, Sendable {
    /// Which datapath refused.
    public var dpID: DatapathID
    /// The flow's router address.
    public var source: MACAddress
    /// The flow's prefix.
    public var prefix: IPPrefix
    /// The type of the OpenFlow error (`ofp_error_msg.type`).
    public var type: UInt16
    /// The code of the OpenFlow error (`ofp_error_msg.code`).
    public var code: UInt16
    /// The less specific prefix whose flow catches the packets meanwhile; nil if they go to the VM.
    public var carrier: IPPrefix?
    /// True if the flow is no longer refused.
    public var isRemoval: Bool

    /// Reports a refusal, or its end.
    public init(
        dpID: DatapathID, source: MACAddress, prefix: IPPrefix, type: UInt16, code: UInt16,
        carrier: IPPrefix? = nil, isRemoval: Bool = false
    ) {
        self.dpID = dpID
        self.source = source
        self.prefix = prefix
        self.type = type
        self.code = code
        self.carrier = carrier
        self.isRemoval = isRemoval
    }
}
