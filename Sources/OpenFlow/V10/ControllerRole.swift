import NIOCore

extension OpenFlow10 {
    /// What one of several controllers of a switch may do (Open vSwitch, `enum nx_role`). OpenFlow 1.0 has no such thing.
    public enum ControllerRole: UInt32, Hashable, Sendable, CaseIterable {
        /// As all others, which is how a connection begins.
        case equal = 0
        /// Everything. Whoever was the master before is none from then on.
        case master = 1
        /// Only ask. It is not sent packets, and what it wants changed is refused.
        case slave = 2
    }
}

extension OpenFlow10.Message {
    /// `NXT_ROLE_REQUEST` and `NXT_ROLE_REPLY`.
    private static let roleRequest: UInt32 = 10
    private static let roleReply: UInt32 = 11

    /// Asks for a role.
    public static func request(_ role: OpenFlow10.ControllerRole) -> Self { message(roleRequest, role) }

    /// Grants a role that was asked for.
    public static func reply(_ role: OpenFlow10.ControllerRole) -> Self { message(roleReply, role) }

    private static func message(_ subtype: UInt32, _ role: OpenFlow10.ControllerRole) -> Self {
        var data = ByteBuffer()
        data.writeMultipleIntegers(subtype, role.rawValue)
        return .vendor(OpenFlow10.Vendor(vendor: .nicira, data: data))
    }

    /// The role that this message asks for; nil if it is another message.
    public var requestedRole: OpenFlow10.ControllerRole? {
        guard case .vendor(let vendor) = self, vendor.vendor == .nicira, vendor.data.readableBytes == 8,
            vendor.data.getInteger(at: vendor.data.readerIndex, as: UInt32.self) == Self.roleRequest
        else { return nil }
        return vendor.data.getInteger(at: vendor.data.readerIndex + 4, as: UInt32.self)
            .flatMap(OpenFlow10.ControllerRole.init)
    }
}
