import NIOCore
public import NetTypes

extension OpenFlow10 {
    /// A port as the switch describes it (5.2.1, `ofp_phy_port`).
    public struct PhyPort: Hashable, Sendable {
        /// The port's number.
        public var number: PortNumber
        /// Its address.
        public var hwAddr: MACAddress
        /// Its name, up to 15 bytes of UTF-8 on the wire; longer ones are cut.
        public var name: String
        /// What its administrator wants.
        public var config: PortConfig
        /// What is the case.
        public var state: PortState
        /// What it does now.
        public var current: PortFeatures
        /// What it advertises.
        public var advertised: PortFeatures
        /// What it could do.
        public var supported: PortFeatures
        /// What its peer advertises.
        public var peer: PortFeatures

        /// Creates a description of a port.
        public init(
            number: PortNumber, hwAddr: MACAddress, name: String, config: PortConfig = [],
            state: PortState = [],
            current: PortFeatures = [], advertised: PortFeatures = [], supported: PortFeatures = [],
            peer: PortFeatures = []
        ) {
            self.number = number
            self.hwAddr = hwAddr
            self.name = name
            self.config = config
            self.state = state
            self.current = current
            self.advertised = advertised
            self.supported = supported
            self.peer = peer
        }
    }

    /// What an administrator wants of a port (5.2.1, `ofp_port_config`).
    public struct PortConfig: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public let rawValue: UInt32

        /// Creates a set from the bits on the wire; unknown ones are kept.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// Administratively down (`OFPPC_PORT_DOWN`).
        public static let portDown = PortConfig(rawValue: 1 << 0)
        /// No spanning tree on this port.
        public static let noSTP = PortConfig(rawValue: 1 << 1)
        /// Received packets are dropped, except those of the spanning tree.
        public static let noReceive = PortConfig(rawValue: 1 << 2)
        /// Received packets of the spanning tree are dropped.
        public static let noReceiveSTP = PortConfig(rawValue: 1 << 3)
        /// Not part of a flood.
        public static let noFlood = PortConfig(rawValue: 1 << 4)
        /// Packets to this port are dropped.
        public static let noForward = PortConfig(rawValue: 1 << 5)
        /// No packet-ins from this port.
        public static let noPacketIn = PortConfig(rawValue: 1 << 6)
    }

    /// What is the case with a port (5.2.1, `ofp_port_state`).
    public struct PortState: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public let rawValue: UInt32

        /// Creates a set from the bits on the wire; unknown ones are kept.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// No physical link (`OFPPS_LINK_DOWN`).
        public static let linkDown = PortState(rawValue: 1 << 0)
        /// The two bits that hold the state of the spanning tree: listen, learn, forward, block (0 to 3).
        public static let stpMask = PortState(rawValue: 3 << 8)
    }

    /// Rates, media and abilities of a link (5.2.1, `ofp_port_features`).
    public struct PortFeatures: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public let rawValue: UInt32

        /// Creates a set from the bits on the wire; unknown ones are kept.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// 10 Mbit/s, half duplex.
        public static let mb10HalfDuplex = PortFeatures(rawValue: 1 << 0)
        /// 10 Mbit/s, full duplex.
        public static let mb10FullDuplex = PortFeatures(rawValue: 1 << 1)
        /// 100 Mbit/s, half duplex.
        public static let mb100HalfDuplex = PortFeatures(rawValue: 1 << 2)
        /// 100 Mbit/s, full duplex.
        public static let mb100FullDuplex = PortFeatures(rawValue: 1 << 3)
        /// 1 Gbit/s, half duplex.
        public static let gb1HalfDuplex = PortFeatures(rawValue: 1 << 4)
        /// 1 Gbit/s, full duplex.
        public static let gb1FullDuplex = PortFeatures(rawValue: 1 << 5)
        /// 10 Gbit/s, full duplex.
        public static let gb10FullDuplex = PortFeatures(rawValue: 1 << 6)
        /// Copper medium.
        public static let copper = PortFeatures(rawValue: 1 << 7)
        /// Fibre medium.
        public static let fiber = PortFeatures(rawValue: 1 << 8)
        /// Negotiates by itself.
        public static let autoNegotiation = PortFeatures(rawValue: 1 << 9)
        /// Symmetric pause.
        public static let pause = PortFeatures(rawValue: 1 << 10)
        /// Asymmetric pause.
        public static let asymmetricPause = PortFeatures(rawValue: 1 << 11)
    }
}

extension OpenFlow10.PhyPort: WireStructure {
    static let nameSize = 16

    init(from reader: inout WireReader) throws(OpenFlowError) {
        number = OpenFlow10.PortNumber(rawValue: try reader.integer())
        hwAddr = try reader.macAddress()
        name = try reader.text(size: Self.nameSize)
        config = OpenFlow10.PortConfig(rawValue: try reader.integer())
        state = OpenFlow10.PortState(rawValue: try reader.integer())
        current = OpenFlow10.PortFeatures(rawValue: try reader.integer())
        advertised = OpenFlow10.PortFeatures(rawValue: try reader.integer())
        supported = OpenFlow10.PortFeatures(rawValue: try reader.integer())
        peer = OpenFlow10.PortFeatures(rawValue: try reader.integer())
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(number.rawValue)
        buffer.write(hwAddr)
        buffer.write(name, size: Self.nameSize)
        buffer.writeMultipleIntegers(
            config.rawValue, state.rawValue, current.rawValue, advertised.rawValue, supported.rawValue,
            peer.rawValue)
    }
}
