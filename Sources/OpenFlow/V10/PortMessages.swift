import NIOCore
public import NetTypes

extension OpenFlow10 {
    /// What happened to a port (5.4.3, `ofp_port_reason`).
    public struct PortReason: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt8

        /// Creates a reason from the number on the wire.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// The port appeared.
        public static let add = PortReason(rawValue: 0)
        /// The port is gone.
        public static let delete = PortReason(rawValue: 1)
        /// Something about the port changed.
        public static let modify = PortReason(rawValue: 2)
    }

    /// The switch says that a port appeared, changed or went (5.4.3, `ofp_port_status`).
    public struct PortStatus: Hashable, Sendable {
        /// What happened.
        public var reason: PortReason
        /// The port, as it is now.
        public var port: PhyPort

        /// Creates a port status.
        public init(reason: PortReason, port: PhyPort) {
            self.reason = reason
            self.port = port
        }
    }

    /// An order to change a port's configuration (5.3.3, `ofp_port_mod`).
    public struct PortMod: Hashable, Sendable {
        /// The port.
        public var port: PortNumber
        /// Its address as in its description: the switch refuses the order if it is another.
        public var hwAddr: MACAddress
        /// The wanted bits.
        public var config: PortConfig
        /// Which of the bits to change.
        public var mask: PortConfig
        /// What the port should advertise; empty means no change.
        public var advertise: PortFeatures

        /// Creates an order that sets the bits in `mask` to those of `config`.
        public init(
            port: PortNumber, hwAddr: MACAddress, config: PortConfig, mask: PortConfig,
            advertise: PortFeatures = []
        ) {
            self.port = port
            self.hwAddr = hwAddr
            self.config = config
            self.mask = mask
            self.advertise = advertise
        }
    }
}

extension OpenFlow10.PortStatus: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        reason = OpenFlow10.PortReason(rawValue: try reader.integer())
        try reader.skip(7)
        port = try OpenFlow10.PhyPort(from: &reader)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(reason.rawValue)
        buffer.writeZeros(7)
        port.write(to: &buffer)
    }
}

extension OpenFlow10.PortMod: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        port = OpenFlow10.PortNumber(rawValue: try reader.integer())
        hwAddr = try reader.macAddress()
        config = OpenFlow10.PortConfig(rawValue: try reader.integer())
        mask = OpenFlow10.PortConfig(rawValue: try reader.integer())
        advertise = OpenFlow10.PortFeatures(rawValue: try reader.integer())
        try reader.skip(4)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(port.rawValue)
        buffer.write(hwAddr)
        buffer.writeMultipleIntegers(config.rawValue, mask.rawValue, advertise.rawValue, UInt32(0))
    }
}
