import RFLib

/// A part of an envelope's content, and its fields in the order in which they are written.
protocol BSONMessage {
    /// Writes the fields.
    func append(to document: inout BSONWriter)
    /// Reads the fields, in any order; others are ignored.
    init(from document: inout BSONReader) throws(BSONError)
}

extension RFMessage {
    /// Writes the fields of the message, whatever its kind.
    func append(to document: inout BSONWriter) {
        switch self {
        case .vmRegisterRequest(let message): message.append(to: &document)
        case .vmRegisterResponse(let message): message.append(to: &document)
        case .vmConfig(let message): message.append(to: &document)
        case .datapathConfig(let message): message.append(to: &document)
        case .routeInfo(let message): message.append(to: &document)
        case .flowMod(let message): message.append(to: &document)
        case .datapathJoin(let message): message.append(to: &document)
        case .datapathLeave(let message): message.append(to: &document)
        case .vmMap(let message): message.append(to: &document)
        case .syncRequest(let message): message.append(to: &document)
        case .syncBegin: break
        case .syncEnd(let message): message.append(to: &document)
        case .ack(let message): message.append(to: &document)
        case .beat(let message): message.append(to: &document)
        case .portMap(let message): message.append(to: &document)
        case .tableComplete(let message): message.append(to: &document)
        case .vmPortMapped(let message): message.append(to: &document)
        case .flowError(let message): message.append(to: &document)
        case .inquiry(let message): message.append(to: &document)
        case .report(let message): message.append(to: &document)
        case .datapathGrant(let message): message.append(to: &document)
        }
    }

    /// Reads a message of a kind.
    init(_ kind: Kind, from document: inout BSONReader) throws(BSONError) {
        switch kind {
        case .unknown: throw BSONError("a type that this version does not know")
        case .vmRegisterRequest: self = .vmRegisterRequest(try VMRegisterRequest(from: &document))
        case .vmRegisterResponse: self = .vmRegisterResponse(try VMRegisterResponse(from: &document))
        case .vmConfig: self = .vmConfig(try VMConfig(from: &document))
        case .datapathConfig: self = .datapathConfig(try DatapathConfig(from: &document))
        case .routeInfo: self = .routeInfo(try RouteInfo(from: &document))
        case .flowMod: self = .flowMod(try FlowMod(from: &document))
        case .datapathJoin: self = .datapathJoin(try DatapathJoin(from: &document))
        case .datapathLeave: self = .datapathLeave(try DatapathLeave(from: &document))
        case .vmMap: self = .vmMap(try VMMap(from: &document))
        case .syncRequest: self = .syncRequest(try SyncRequest(from: &document))
        case .syncBegin: self = .syncBegin
        case .syncEnd: self = .syncEnd(try SyncEnd(from: &document))
        case .ack: self = .ack(try Ack(from: &document))
        case .beat: self = .beat(try Beat(from: &document))
        case .portMap: self = .portMap(try PortMap(from: &document))
        case .tableComplete: self = .tableComplete(try TableComplete(from: &document))
        case .vmPortMapped: self = .vmPortMapped(try VMPortMapped(from: &document))
        case .flowError: self = .flowError(try FlowError(from: &document))
        case .inquiry: self = .inquiry(try Inquiry(from: &document))
        case .report: self = .report(try Report(from: &document))
        case .datapathGrant: self = .datapathGrant(try DatapathGrant(from: &document))
        }
    }
}
