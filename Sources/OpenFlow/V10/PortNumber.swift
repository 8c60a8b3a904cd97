extension OpenFlow10 {
    /// The number of a port of a datapath (5.2.1, `ofp_port`): 1 to 0xFF00 are ports, some of the rest have meanings.
    public struct PortNumber: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16

        /// Creates a port number; any number is one.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// The highest number of a physical port.
        public static let max = PortNumber(rawValue: 0xFF00)
        /// As an output: back out of the port that the packet came in by.
        public static let inPort = PortNumber(rawValue: 0xFFF8)
        /// As an output of a packet-out: through the flow table.
        public static let table = PortNumber(rawValue: 0xFFF9)
        /// As an output: as an ordinary bridge would.
        public static let normal = PortNumber(rawValue: 0xFFFA)
        /// As an output: all ports but the incoming one and those that the spanning tree disabled.
        public static let flood = PortNumber(rawValue: 0xFFFB)
        /// As an output: all ports but the incoming one.
        public static let all = PortNumber(rawValue: 0xFFFC)
        /// As an output: to the controller, in a packet-in.
        public static let controller = PortNumber(rawValue: 0xFFFD)
        /// The port to the switch's own network stack.
        public static let local = PortNumber(rawValue: 0xFFFE)
        /// No port; in a filter, any.
        public static let none = PortNumber(rawValue: 0xFFFF)

        /// True for the numbers that real ports have: 1 to 0xFF00.
        public var isPhysical: Bool { (1...Self.max.rawValue).contains(rawValue) }
    }
}

extension OpenFlow10.PortNumber: ExpressibleByIntegerLiteral {
    /// Creates a port number from a literal.
    public init(integerLiteral value: UInt16) {
        self.rawValue = value
    }
}

extension OpenFlow10.PortNumber: Comparable {
    /// In numeric order.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension OpenFlow10.PortNumber: CustomStringConvertible {
    /// The specification's name of a reserved port, else the number.
    public var description: String {
        switch self {
        case .inPort: "IN_PORT"
        case .table: "TABLE"
        case .normal: "NORMAL"
        case .flood: "FLOOD"
        case .all: "ALL"
        case .controller: "CONTROLLER"
        case .local: "LOCAL"
        case .none: "NONE"
        default: "\(rawValue)"
        }
    }
}
