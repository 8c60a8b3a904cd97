public import NIOCore
public import NetTypes

extension OpenFlow10 {
    /// What to do with a packet (5.2.4, `ofp_action_header`). A list of them is carried out in order; an empty list
    /// drops the packet.
    ///
    /// The cases with a buffer and the longest one are indirect, so that the others take 16 bytes in a list.
    public enum Action: Hashable, Sendable {
        /// Sends the packet. `maxLength` is how many bytes of it go into a packet-in, and matters only for
        /// `PortNumber.controller`; the default is all.
        case output(PortNumber, maxLength: UInt16 = .max)
        /// Sets the VLAN, adding a tag if there is none.
        case setVLANVID(UInt16)
        /// Sets the VLAN priority, adding a tag if there is none.
        case setVLANPCP(UInt8)
        /// Removes the VLAN tag if there is one.
        case stripVLAN
        /// Sets the Ethernet source.
        case setDLSrc(MACAddress)
        /// Sets the Ethernet destination.
        case setDLDst(MACAddress)
        /// Sets the IP source.
        case setNWSrc(IPv4Address)
        /// Sets the IP destination.
        case setNWDst(IPv4Address)
        /// Sets the upper six bits of the IP type of service.
        case setNWTOS(UInt8)
        /// Sets the source port of TCP or UDP.
        case setTPSrc(UInt16)
        /// Sets the destination port of TCP or UDP.
        case setTPDst(UInt16)
        /// Sends the packet through a queue of a port.
        case enqueue(PortNumber, queue: UInt32)
        /// Decrements the IP TTL; a packet whose TTL is 0 or 1 goes to the controller instead, if the switch's
        /// configuration says so, and no further action is carried out (Nicira's `NXAST_DEC_TTL`).
        case decrementTTL
        /// Writes a number into a header field or a register (Nicira's `NXAST_REG_LOAD`).
        case registerLoad(RegisterLoad)
        /// Copies bits of one header field or register into another (Nicira's `NXAST_REG_MOVE`).
        indirect case registerMove(RegisterMove)
        /// An action of some vendor that is not one of the above: what follows the vendor, padded with zeros to
        /// make the action a multiple of eight bytes.
        indirect case vendor(VendorID, data: ByteBuffer)
        /// An action that 1.0 does not know: what follows its length, padded as above.
        indirect case unknown(type: ActionType, data: ByteBuffer)

        /// The whole packet to the controller.
        public static let sendToController = Action.output(.controller, maxLength: .max)
    }

    /// The number of a type of action (5.2.4, `ofp_action_type`).
    public struct ActionType: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16

        /// Creates a type from the number on the wire.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// `OFPAT_OUTPUT`.
        public static let output = ActionType(rawValue: 0)
        /// `OFPAT_SET_VLAN_VID`.
        public static let setVLANVID = ActionType(rawValue: 1)
        /// `OFPAT_SET_VLAN_PCP`.
        public static let setVLANPCP = ActionType(rawValue: 2)
        /// `OFPAT_STRIP_VLAN`.
        public static let stripVLAN = ActionType(rawValue: 3)
        /// `OFPAT_SET_DL_SRC`.
        public static let setDLSrc = ActionType(rawValue: 4)
        /// `OFPAT_SET_DL_DST`.
        public static let setDLDst = ActionType(rawValue: 5)
        /// `OFPAT_SET_NW_SRC`.
        public static let setNWSrc = ActionType(rawValue: 6)
        /// `OFPAT_SET_NW_DST`.
        public static let setNWDst = ActionType(rawValue: 7)
        /// `OFPAT_SET_NW_TOS`.
        public static let setNWTOS = ActionType(rawValue: 8)
        /// `OFPAT_SET_TP_SRC`.
        public static let setTPSrc = ActionType(rawValue: 9)
        /// `OFPAT_SET_TP_DST`.
        public static let setTPDst = ActionType(rawValue: 10)
        /// `OFPAT_ENQUEUE`.
        public static let enqueue = ActionType(rawValue: 11)
        /// `OFPAT_VENDOR`.
        public static let vendor = ActionType(rawValue: 0xFFFF)
    }

    /// The types of action that a switch can carry out, bit n standing for type n (5.3.1,
    /// `ofp_switch_features.actions`).
    public struct SupportedActions: RawRepresentable, Hashable, Sendable {
        /// The bits on the wire.
        public let rawValue: UInt32

        /// Creates a set from the bits on the wire.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// True if the switch can carry out actions of this type.
        public func contains(_ type: ActionType) -> Bool {
            type.rawValue < 32 && rawValue >> UInt32(type.rawValue) & 1 == 1
        }
    }
}
