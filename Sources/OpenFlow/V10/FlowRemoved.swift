import NIOCore

extension OpenFlow10 {
    /// Why a flow went (5.4.2, `ofp_flow_removed_reason`).
    public struct FlowRemovedReason: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt8

        /// Creates a reason from the number on the wire.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// No packet for its idle timeout.
        public static let idleTimeout = FlowRemovedReason(rawValue: 0)
        /// Its hard timeout passed.
        public static let hardTimeout = FlowRemovedReason(rawValue: 1)
        /// A flow mod deleted it.
        public static let delete = FlowRemovedReason(rawValue: 2)
    }

    /// How long a flow has been in the table.
    public struct FlowDuration: Hashable, Sendable {
        /// Whole seconds.
        public var seconds: UInt32
        /// Nanoseconds beyond them.
        public var nanoseconds: UInt32

        /// Creates a duration.
        public init(seconds: UInt32, nanoseconds: UInt32) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }
    }

    /// The switch says that a flow went (5.4.2, `ofp_flow_removed`).
    public struct FlowRemoved: Hashable, Sendable {
        /// The flow's match.
        public var match: Match
        /// The flow's priority.
        public var priority: UInt16
        /// The number that the controller gave the flow.
        public var cookie: UInt64
        /// Why it went.
        public var reason: FlowRemovedReason
        /// How long it was there.
        public var duration: FlowDuration
        /// Its idle timeout in seconds.
        public var idleTimeout: UInt16
        /// The packets that it treated.
        public var packetCount: UInt64
        /// Their bytes.
        public var byteCount: UInt64

        /// Creates a flow-removed.
        public init(
            match: Match, priority: UInt16, cookie: UInt64, reason: FlowRemovedReason, duration: FlowDuration,
            idleTimeout: UInt16, packetCount: UInt64, byteCount: UInt64
        ) {
            self.match = match
            self.priority = priority
            self.cookie = cookie
            self.reason = reason
            self.duration = duration
            self.idleTimeout = idleTimeout
            self.packetCount = packetCount
            self.byteCount = byteCount
        }
    }
}

extension OpenFlow10.FlowDuration: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        seconds = try reader.integer()
        nanoseconds = try reader.integer()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(seconds, nanoseconds)
    }
}

extension OpenFlow10.FlowRemoved: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        match = try OpenFlow10.Match(from: &reader)
        cookie = try reader.integer()
        priority = try reader.integer()
        reason = OpenFlow10.FlowRemovedReason(rawValue: try reader.integer())
        try reader.skip(1)
        duration = try OpenFlow10.FlowDuration(from: &reader)
        idleTimeout = try reader.integer()
        try reader.skip(2)
        packetCount = try reader.integer()
        byteCount = try reader.integer()
    }

    func write(to buffer: inout ByteBuffer) {
        match.write(to: &buffer)
        buffer.writeMultipleIntegers(cookie, priority, reason.rawValue, UInt8(0))
        duration.write(to: &buffer)
        buffer.writeMultipleIntegers(idleTimeout, UInt16(0), packetCount, byteCount)
    }
}
