/// A message of RFProtocol. Types 0 to 8 are the original's.
public enum RFMessage: Hashable, Codable, Sendable {
    case vmRegisterRequest(VMRegisterRequest)
    case vmRegisterResponse(VMRegisterResponse)
    case vmConfig(VMConfig)
    case datapathConfig(DatapathConfig)
    case routeInfo(RouteInfo)
    case flowMod(FlowMod)
    case datapathJoin(DatapathJoin)
    case datapathLeave(DatapathLeave)
    case vmMap(VMMap)
    case syncRequest(SyncRequest)
    /// A stream begins: the sender's whole state follows (type 10).
    case syncBegin
    case syncEnd(SyncEnd)
    case ack(Ack)
    case beat(Beat)
    case portMap(PortMap)
    case tableComplete(TableComplete)
    case vmPortMapped(VMPortMapped)
    case flowError(FlowError)
    case inquiry(Inquiry)
    case report(Report)
    case datapathGrant(DatapathGrant)

    /// The number that stands for a kind of message in an envelope.
    public enum Kind: Int32, Hashable, Codable, Sendable, CaseIterable {
        case vmRegisterRequest = 0
        case vmRegisterResponse = 1
        case vmConfig = 2
        case datapathConfig = 3
        case routeInfo = 4
        case flowMod = 5
        case datapathJoin = 6
        case datapathLeave = 7
        case vmMap = 8
        case syncRequest = 9
        case syncBegin = 10
        case syncEnd = 11
        case ack = 12
        case beat = 13
        case portMap = 14
        case tableComplete = 15
        case vmPortMapped = 16
        case flowError = 17
        case inquiry = 18
        case report = 19
        case datapathGrant = 20
        /// A type that this version does not know. It is received, never sent.
        case unknown = -1

        /// True if messages of this kind stand outside the sequence of a stream.
        public var isControl: Bool {
            switch self {
            case .syncRequest, .ack, .beat, .inquiry, .report: true
            default: false
            }
        }
    }

    /// How much room the message takes in a channel, a route taking 1.
    var weight: Int {
        switch self {
        case .datapathJoin(let message): 1 + message.ports.count / 2
        case .vmRegisterRequest(let message): 1 + message.ports.count / 2
        default: 1
        }
    }

    /// What kind of message this is.
    public var kind: Kind {
        switch self {
        case .vmRegisterRequest: .vmRegisterRequest
        case .vmRegisterResponse: .vmRegisterResponse
        case .vmConfig: .vmConfig
        case .datapathConfig: .datapathConfig
        case .routeInfo: .routeInfo
        case .flowMod: .flowMod
        case .datapathJoin: .datapathJoin
        case .datapathLeave: .datapathLeave
        case .vmMap: .vmMap
        case .syncRequest: .syncRequest
        case .syncBegin: .syncBegin
        case .syncEnd: .syncEnd
        case .ack: .ack
        case .beat: .beat
        case .portMap: .portMap
        case .tableComplete: .tableComplete
        case .vmPortMapped: .vmPortMapped
        case .flowError: .flowError
        case .inquiry: .inquiry
        case .report: .report
        case .datapathGrant: .datapathGrant
        }
    }
}
