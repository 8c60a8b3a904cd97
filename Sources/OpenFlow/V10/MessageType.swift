extension OpenFlow10 {
    /// The number of a type of message (5.1, `ofp_type`).
    public struct MessageType: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt8

        /// Creates a type from the number on the wire.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// `OFPT_HELLO`.
        public static let hello = MessageType(rawValue: 0)
        /// `OFPT_ERROR`.
        public static let error = MessageType(rawValue: 1)
        /// `OFPT_ECHO_REQUEST`.
        public static let echoRequest = MessageType(rawValue: 2)
        /// `OFPT_ECHO_REPLY`.
        public static let echoReply = MessageType(rawValue: 3)
        /// `OFPT_VENDOR`.
        public static let vendor = MessageType(rawValue: 4)
        /// `OFPT_FEATURES_REQUEST`.
        public static let featuresRequest = MessageType(rawValue: 5)
        /// `OFPT_FEATURES_REPLY`.
        public static let featuresReply = MessageType(rawValue: 6)
        /// `OFPT_GET_CONFIG_REQUEST`.
        public static let getConfigRequest = MessageType(rawValue: 7)
        /// `OFPT_GET_CONFIG_REPLY`.
        public static let getConfigReply = MessageType(rawValue: 8)
        /// `OFPT_SET_CONFIG`.
        public static let setConfig = MessageType(rawValue: 9)
        /// `OFPT_PACKET_IN`.
        public static let packetIn = MessageType(rawValue: 10)
        /// `OFPT_FLOW_REMOVED`.
        public static let flowRemoved = MessageType(rawValue: 11)
        /// `OFPT_PORT_STATUS`.
        public static let portStatus = MessageType(rawValue: 12)
        /// `OFPT_PACKET_OUT`.
        public static let packetOut = MessageType(rawValue: 13)
        /// `OFPT_FLOW_MOD`.
        public static let flowMod = MessageType(rawValue: 14)
        /// `OFPT_PORT_MOD`.
        public static let portMod = MessageType(rawValue: 15)
        /// `OFPT_STATS_REQUEST`.
        public static let statsRequest = MessageType(rawValue: 16)
        /// `OFPT_STATS_REPLY`.
        public static let statsReply = MessageType(rawValue: 17)
        /// `OFPT_BARRIER_REQUEST`.
        public static let barrierRequest = MessageType(rawValue: 18)
        /// `OFPT_BARRIER_REPLY`.
        public static let barrierReply = MessageType(rawValue: 19)
        /// `OFPT_QUEUE_GET_CONFIG_REQUEST`.
        public static let queueGetConfigRequest = MessageType(rawValue: 20)
        /// `OFPT_QUEUE_GET_CONFIG_REPLY`.
        public static let queueGetConfigReply = MessageType(rawValue: 21)
    }
}
