public import NetTypes

/// What the operator chooses.
public struct ProxySettings: Hashable, Sendable {
    /// Whether routed packets lose one from their TTL in the switch.
    public enum DecrementTTL: String, Hashable, Sendable, CaseIterable {
        /// On switches that say that they are Open vSwitch.
        case auto
        /// On all switches: they have to understand Nicira's action.
        case on
        /// On none.
        case off
    }

    /// The number of this rfproxy.
    public var ctID: Int32 = 0
    /// Whether routed packets lose one from their TTL in the switch.
    public var decrementTTL = DecrementTTL.auto
    /// From where a virtual switch may connect without TLS.
    public var virtualSwitchesFrom: [IPPrefix] = Self.loopback
    /// True if IPv6 packets pass between switches and VMs.
    public var shuttlesIPv6 = false
    /// True if what a port may send to its VM is bounded in time.
    public var polices = true
    /// How often the flows of each switch are read again; nil for never.
    public var auditInterval: Duration? = .seconds(60)
    /// The most flows that are read of one switch: one that has more never stops.
    var mostFlows = 4_000_000
    /// The most flows that are read of all idle switches together.
    var mostIdleFlows = 1_000_000
    /// True if flows that somebody else has made may stay.
    public var keepsForeignFlows = false

    /// The usual choices.
    public init() {}

    /// 127.0.0.0/8 and ::1/128.
    public static let loopback = [
        IPPrefix(.v4(IPv4Address(rawValue: 0x7F00_0000)), length: 8),
        IPPrefix(host: .v6(IPv6Address(high: 0, low: 1))),
    ].compactMap { $0 }

    /// True if a virtual switch may connect from this address without TLS.
    func trusts(_ peer: IPAddress?) -> Bool {
        guard let peer else { return false }
        return virtualSwitchesFrom.contains { $0.contains(peer) }
    }
}
