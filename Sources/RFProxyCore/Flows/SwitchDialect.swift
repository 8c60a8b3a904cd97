import NetTypes
import OpenFlow

/// How routing is said to a switch: OpenFlow 1.0 lacks some of it, and Open vSwitch has words of its own.
struct SwitchDialect: Hashable, Sendable {
    /// True if the switch can decrement the TTL.
    var decrementsTTL = false
    /// True if one flow can also send packets back out of the port that they came in by.
    var clearsInPort = false
    /// True if the switch can turn an ARP request into its answer.
    var answersARP = false

    /// Open vSwitch has words for everything.
    static let openVSwitch = SwitchDialect(decrementsTTL: true, clearsInPort: true, answersARP: true)

    /// Marks our flows: "RFLW", and the version of the way in which they are made.
    static let cookie: UInt64 = 0x5246_4C57_0000_0001

    /// What an action of a flow is on the wire.
    ///
    /// The TTL comes first, so that a packet whose TTL ends reaches the VM with the addresses that it came with.
    func actions(_ action: FlowAction, of key: FlowKey) -> [OpenFlow10.Action] {
        guard action.forwards else {
            return switch action {
            case .controller: [.sendToController]
            case .answerARP: Self.arpAnswer(of: key.address, at: key.source)
            default: []
            }
        }
        var actions: [OpenFlow10.Action] = []
        actions.reserveCapacity(5)
        if decrementsTTL { actions.append(.decrementTTL) }
        if clearsInPort { actions.append(.registerLoad(.clearInPort)) }
        actions.append(.setDLSrc(key.source))
        actions.append(.setDLDst(action.destination))
        actions.append(.output(key.role == .hairpin ? .inPort : action.port, maxLength: 0))
        return actions
    }

    /// Turns an ARP request into the answer of the router that has the address (RFC 826).
    private static func arpAnswer(of address: IPv4Address, at router: MACAddress) -> [OpenFlow10.Action] {
        let reply: UInt64 = 2
        return [
            .registerMove(.init(.ethernetSource, into: .ethernetDestination)),
            .setDLSrc(router),
            .registerLoad(.init(reply, into: .arpOperation)),
            .registerMove(.init(.arpSenderMAC, into: .arpTargetMAC)),
            .registerMove(.init(.arpSenderAddress, into: .arpTargetAddress)),
            .registerLoad(.init(router.rawValue, into: .arpSenderMAC)),
            .registerLoad(.init(UInt64(address.rawValue), into: .arpSenderAddress)),
            .output(.inPort, maxLength: 0),
        ]
    }

    /// Recognises what a flow of a switch does.
    func action(of flow: OpenFlow10.FlowStats, key: FlowKey) -> FlowAction {
        guard flow.cookie == Self.cookie, flow.idleTimeout == 0, flow.hardTimeout == 0 else { return .alien }
        let candidate = Self.candidate(flow.actions, key)
        let isSame = flow.actions.map(Self.canonical) == actions(candidate, of: key).map(Self.canonical)
        return isSame ? candidate : .odd
    }

    /// The only action of ours that these actions may be.
    private static func candidate(_ actions: [OpenFlow10.Action], _ key: FlowKey) -> FlowAction {
        var destination = MACAddress.zero
        for case .setDLDst(let address) in actions { destination = address }
        guard case .output(let port, _) = actions.last else { return .drop }
        if port == .controller { return .controller }
        if key.role == .arpAnswer { return .answerARP }
        return .forward(key.role == .hairpin ? key.inPort : port, to: destination)
    }

    /// The length to send matters only for the controller; switches return what they like for the others.
    private static func canonical(_ action: OpenFlow10.Action) -> OpenFlow10.Action {
        if case .output(let port, _) = action, port != .controller {
            .output(port, maxLength: 0)
        } else {
            action
        }
    }
}
