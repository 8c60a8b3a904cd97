public import NIOCore

extension OpenFlow10 {
    /// A message without its header (5.1 and 5.3 to 5.5).
    public enum Message: Hashable, Sendable {
        /// The first message of each side. A body, which later versions put there, is ignored (5.5.1).
        case hello
        /// A request failed.
        case error(ErrorMessage)
        /// Asks for the same bytes back.
        case echoRequest(ByteBuffer)
        /// The bytes of the request.
        case echoReply(ByteBuffer)
        /// A vendor's own message.
        case vendor(Vendor)
        /// Asks what the switch is.
        case featuresRequest
        /// What the switch is.
        case featuresReply(FeaturesReply)
        /// Asks for the configuration.
        case getConfigRequest
        /// The configuration.
        case getConfigReply(SwitchConfig)
        /// Sets the configuration.
        case setConfig(SwitchConfig)
        /// A packet for the controller.
        case packetIn(PacketIn)
        /// A flow went.
        case flowRemoved(FlowRemoved)
        /// A port appeared, changed or went.
        case portStatus(PortStatus)
        /// A packet for the switch to send.
        case packetOut(PacketOut)
        /// Changes the flow table.
        case flowMod(FlowMod)
        /// Changes a port's configuration.
        case portMod(PortMod)
        /// Asks about the switch's state.
        case statsRequest(StatsRequest)
        /// The switch's state, or a part of it.
        case statsReply(StatsReply)
        /// Asks for an answer when all that came before is done.
        case barrierRequest
        /// All that came before the request is done.
        case barrierReply
        /// Asks for a port's queues.
        case queueGetConfigRequest(port: PortNumber)
        /// A port's queues.
        case queueGetConfigReply(QueueConfig)
        /// A message that 1.0 does not know: what follows its header.
        case unknown(MessageType, data: ByteBuffer)

        /// The number of this type of message.
        public var type: MessageType {
            switch self {
            case .hello: .hello
            case .error: .error
            case .echoRequest: .echoRequest
            case .echoReply: .echoReply
            case .vendor: .vendor
            case .featuresRequest: .featuresRequest
            case .featuresReply: .featuresReply
            case .getConfigRequest: .getConfigRequest
            case .getConfigReply: .getConfigReply
            case .setConfig: .setConfig
            case .packetIn: .packetIn
            case .flowRemoved: .flowRemoved
            case .portStatus: .portStatus
            case .packetOut: .packetOut
            case .flowMod: .flowMod
            case .portMod: .portMod
            case .statsRequest: .statsRequest
            case .statsReply: .statsReply
            case .barrierRequest: .barrierRequest
            case .barrierReply: .barrierReply
            case .queueGetConfigRequest: .queueGetConfigRequest
            case .queueGetConfigReply: .queueGetConfigReply
            case .unknown(let type, _): type
            }
        }
    }

    /// A message and its transaction.
    public struct Envelope: Hashable, Sendable {
        /// The transaction: a reply carries the one of its request.
        public var xid: UInt32
        /// The message.
        public var message: Message

        /// Creates an envelope.
        public init(xid: UInt32, _ message: Message) {
            self.xid = xid
            self.message = message
        }
    }
}
