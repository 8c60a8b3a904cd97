public import NIOCore

extension OpenFlow10.Envelope {
    /// Reads a message. Packets and other opaque data in it are slices of the frame's bytes.
    /// - Throws: `OpenFlowError` if the frame is not of version 1.0, or if a length in it, or its own, is not right.
    public init(_ frame: OpenFlowFrame) throws(OpenFlowError) {
        guard frame.header.version == .v10 else {
            throw OpenFlowError(.badVersion, "version \(frame.header.version.rawValue), not 1", offset: 0)
        }
        var reader = WireReader(frame.body, offset: OpenFlowHeader.size)
        let type = OpenFlow10.MessageType(rawValue: frame.header.type)
        self.init(xid: frame.header.xid, try OpenFlow10.Message(type, from: &reader))
        try reader.end()
    }

    /// Appends the message with its header.
    /// - Throws: `OpenFlowError` with the code `tooLong` if it takes more than 65,535 bytes; the buffer is then as
    ///   it was.
    public func encode(into buffer: inout ByteBuffer) throws(OpenFlowError) {
        let start = buffer.writerIndex
        OpenFlowHeader(version: .v10, type: message.type.rawValue, length: 0, xid: xid).encode(into: &buffer)
        message.writeBody(to: &buffer)
        let length = buffer.writerIndex - start
        guard let length = UInt16(exactly: length) else {
            buffer.moveWriterIndex(to: start)
            throw OpenFlowError(.tooLong, "message of \(length) bytes", offset: 2)
        }
        buffer.setInteger(length, at: start + 2)
    }
}

extension OpenFlow10.Message {
    fileprivate init(
        _ type: OpenFlow10.MessageType, from reader: inout WireReader
    ) throws(OpenFlowError) {
        switch type {
        case .hello:
            _ = reader.rest()
            self = .hello
        case .error: self = .error(try OpenFlow10.ErrorMessage(from: &reader))
        case .echoRequest: self = .echoRequest(reader.rest())
        case .echoReply: self = .echoReply(reader.rest())
        case .vendor: self = .vendor(try OpenFlow10.Vendor(from: &reader))
        case .featuresRequest: self = .featuresRequest
        case .featuresReply: self = .featuresReply(try OpenFlow10.FeaturesReply(from: &reader))
        case .getConfigRequest: self = .getConfigRequest
        case .getConfigReply: self = .getConfigReply(try OpenFlow10.SwitchConfig(from: &reader))
        case .setConfig: self = .setConfig(try OpenFlow10.SwitchConfig(from: &reader))
        case .packetIn: self = .packetIn(try OpenFlow10.PacketIn(from: &reader))
        case .flowRemoved: self = .flowRemoved(try OpenFlow10.FlowRemoved(from: &reader))
        case .portStatus: self = .portStatus(try OpenFlow10.PortStatus(from: &reader))
        case .packetOut: self = .packetOut(try OpenFlow10.PacketOut(from: &reader))
        case .flowMod: self = .flowMod(try OpenFlow10.FlowMod(from: &reader))
        case .portMod: self = .portMod(try OpenFlow10.PortMod(from: &reader))
        case .statsRequest: self = .statsRequest(try OpenFlow10.StatsRequest(from: &reader))
        case .statsReply: self = .statsReply(try OpenFlow10.StatsReply(from: &reader))
        case .barrierRequest: self = .barrierRequest
        case .barrierReply: self = .barrierReply
        case .queueGetConfigRequest:
            self = .queueGetConfigRequest(port: OpenFlow10.PortNumber(rawValue: try reader.integer()))
            try reader.skip(2)
        case .queueGetConfigReply: self = .queueGetConfigReply(try OpenFlow10.QueueConfig(from: &reader))
        default: self = .unknown(type, data: reader.rest())
        }
    }

    fileprivate func writeBody(to buffer: inout ByteBuffer) {
        switch self {
        case .hello, .featuresRequest, .getConfigRequest, .barrierRequest, .barrierReply: break
        case .error(let error): error.write(to: &buffer)
        case .echoRequest(let data), .echoReply(let data), .unknown(_, let data):
            buffer.writeImmutableBuffer(data)
        case .vendor(let vendor): vendor.write(to: &buffer)
        case .featuresReply(let features): features.write(to: &buffer)
        case .getConfigReply(let config), .setConfig(let config): config.write(to: &buffer)
        case .packetIn(let packet): packet.write(to: &buffer)
        case .flowRemoved(let flow): flow.write(to: &buffer)
        case .portStatus(let status): status.write(to: &buffer)
        case .packetOut(let packet): packet.write(to: &buffer)
        case .flowMod(let order): order.write(to: &buffer)
        case .portMod(let order): order.write(to: &buffer)
        case .statsRequest(let request): request.write(to: &buffer)
        case .statsReply(let reply): reply.write(to: &buffer)
        case .queueGetConfigRequest(let port): buffer.writeMultipleIntegers(port.rawValue, UInt16(0))
        case .queueGetConfigReply(let config): config.write(to: &buffer)
        }
    }
}
