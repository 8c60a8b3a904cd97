public import NetTypes

/// What a message is about. A stream carries a table: a later message on the same key replaces the earlier one.
public enum RFKey: Hashable, Codable, Sendable {
    case vmRegisterRequest(VMID)
    case vmRegisterResponse(VMID)
    case vmConfig(VMID)
    case vmPortMapped(VMID, UInt8)
    case route(VMID, IPPrefix)
    case flow(DatapathID, MACAddress, IPPrefix)
    case flowError(DatapathID, MACAddress, IPPrefix)
    case datapath(DatapathID)
    case datapathConfig(DatapathID, DatapathOperation)
    case datapathGrant(DatapathID, Int32)
    case tableComplete(DatapathID)
    case portMap(DatapathID, UInt16)
    case vmMap(DatapathID, UInt16)

    /// True if the message speaks of all that was sent before it, so that it must never overtake an earlier change.
    public var closesWhatPrecedes: Bool {
        if case .tableComplete = self { true } else { false }
    }

    /// The message that withdraws what was said under this key, or nil if it is not withdrawn but by a new stream.
    public var removal: RFMessage? {
        switch self {
        case .vmRegisterRequest, .vmRegisterResponse, .vmConfig, .datapathConfig: nil
        case .vmPortMapped(let vmID, let port):
            .vmPortMapped(VMPortMapped(vmID: vmID, vmPort: port, isRemoval: true))
        case .route(let vmID, let prefix):
            .routeInfo(RouteInfo(vmID: vmID, prefix: prefix, source: vmID.dataAddress, forwarding: nil))
        case .flow(let dpID, let source, let prefix):
            .flowMod(FlowMod(dpID: dpID, source: source, prefix: prefix, forwarding: nil))
        case .flowError(let dpID, let source, let prefix):
            .flowError(
                FlowError(dpID: dpID, source: source, prefix: prefix, type: 0, code: 0, isRemoval: true))
        case .datapath(let dpID):
            .datapathLeave(DatapathLeave(dpID: dpID))
        case .datapathGrant(let dpID, let ctID):
            .datapathGrant(DatapathGrant(dpID: dpID, ctID: ctID, isRemoval: true))
        case .tableComplete(let dpID):
            .tableComplete(TableComplete(dpID: dpID, isRemoval: true))
        case .portMap(let dpID, let port):
            .portMap(
                PortMap(dpID: dpID, dpPort: port, vsID: DatapathID(rawValue: 0), vsPort: 0, isRemoval: true))
        case .vmMap(let vsID, let port):
            .vmMap(
                VMMap(vmID: VMID(rawValue: 0), vmPort: 0, vsID: vsID, vsPort: port, token: 0, isRemoval: true)
            )
        }
    }
}

extension RFMessage {
    /// What this message is about; nil for those that concern the stream itself.
    public var key: RFKey? {
        switch self {
        case .vmRegisterRequest(let message): .vmRegisterRequest(message.vmID)
        case .vmRegisterResponse(let message): .vmRegisterResponse(message.vmID)
        case .vmConfig(let message): .vmConfig(message.vmID)
        case .vmPortMapped(let message): .vmPortMapped(message.vmID, message.vmPort)
        case .routeInfo(let message): .route(message.vmID, message.prefix)
        case .flowMod(let message): .flow(message.dpID, message.source, message.prefix)
        case .flowError(let message): .flowError(message.dpID, message.source, message.prefix)
        case .datapathJoin(let message): .datapath(message.dpID)
        case .datapathLeave(let message): .datapath(message.dpID)
        case .datapathConfig(let message): .datapathConfig(message.dpID, message.operation)
        case .datapathGrant(let message): .datapathGrant(message.dpID, message.ctID)
        case .tableComplete(let message): .tableComplete(message.dpID)
        case .portMap(let message): .portMap(message.dpID, message.dpPort)
        case .vmMap(let message): .vmMap(message.vsID, message.vsPort)
        case .syncRequest, .syncBegin, .syncEnd, .ack, .beat, .inquiry, .report: nil
        }
    }

    /// True if the message withdraws what was said before under its key.
    public var isRemoval: Bool {
        switch self {
        case .routeInfo(let message): message.forwarding == nil
        case .flowMod(let message): message.forwarding == nil
        case .datapathLeave: true
        case .vmPortMapped(let message): message.isRemoval
        case .flowError(let message): message.isRemoval
        case .datapathGrant(let message): message.isRemoval
        case .tableComplete(let message): message.isRemoval
        case .portMap(let message): message.isRemoval
        case .vmMap(let message): message.isRemoval
        case .vmRegisterRequest, .vmRegisterResponse, .vmConfig, .datapathJoin, .datapathConfig: false
        case .syncRequest, .syncBegin, .syncEnd, .ack, .beat, .inquiry, .report: false
        }
    }
}
