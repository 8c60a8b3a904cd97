import NetTypes
import OpenFlow
import RFLib

/// What one of our flows does, or is seen to do, in 8 bytes: an output port in the upper 16 bits, the next hop's address
/// in the lower 48. The reserved port numbers stand for what is no forwarding.
struct FlowAction: Hashable, Sendable {
    private let bits: UInt64

    private init(_ port: OpenFlow10.PortNumber, _ destination: MACAddress = .zero) {
        bits = UInt64(port.rawValue) << 48 | destination.rawValue
    }

    /// There is no such flow.
    static let absent = FlowAction(0)
    /// The whole packet goes to the controller.
    static let controller = FlowAction(.controller)
    /// The packet goes nowhere.
    static let drop = FlowAction(.none)
    /// An ARP request is turned into its answer, and goes back.
    static let answerARP = FlowAction(.inPort)
    /// The flow is ours, but does what none of ours does: it can be modified.
    static let odd = FlowAction(.table)
    /// The flow has the match of one of ours, but is somebody else's or expires: it has to be replaced.
    static let alien = FlowAction(.normal)

    static func forward(_ port: OpenFlow10.PortNumber, to destination: MACAddress) -> FlowAction {
        FlowAction(port, destination)
    }

    var port: OpenFlow10.PortNumber { OpenFlow10.PortNumber(rawValue: UInt16(bits >> 48)) }
    var destination: MACAddress { MACAddress(rawValue: bits) }
    var forwards: Bool { port.isPhysical }

    /// What rfserver orders, or nil if it makes no sense: forwarding needs a real port and a next hop.
    init?(_ forwarding: Forwarding) {
        switch forwarding.kind {
        case .punt, .local: self = .controller
        case .blackhole: self = .drop
        case .route, .host:
            let port = OpenFlow10.PortNumber(rawValue: forwarding.port)
            guard port.isPhysical, forwarding.destination != .zero else { return nil }
            self = .forward(port, to: forwarding.destination)
        }
    }
}
