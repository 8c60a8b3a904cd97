import NetTypes
import OpenFlow
import RFLib

/// A datapath: the switch itself, whether or not it is connected now.
struct Datapath: Sendable {
    let id: DatapathID
    /// The connection that it has.
    var session: SessionID?
    /// Its ports by number, as it described them last.
    var ports: [UInt16: OpenFlow10.PhyPort] = [:]
    /// Its flows. A virtual switch has none of ours.
    var table: FlowTable

    init(_ id: DatapathID, generation: UInt32) {
        self.id = id
        self.table = FlowTable(generation: generation)
    }

    /// True from the moment when its flows were read until they are right.
    var isCatchingUp = false

    /// True once after each connection: when its flows are right.
    mutating func hasCaughtUp() -> Bool {
        guard isCatchingUp, table.isSettled else { return false }
        isCatchingUp = false
        return true
    }

    /// True if nothing would be lost by forgetting it.
    var isForgettable: Bool { session == nil && table.size == 0 }

    /// How it is announced to rfserver.
    func join(ctID: Int32) -> DatapathJoin {
        let ports = ports.values.sorted { $0.number < $1.number }.map {
            DatapathJoin.Port(dpPort: $0.number.rawValue, name: $0.name, isUp: $0.isUp)
        }
        return DatapathJoin(dpID: id, ctID: ctID, isVirtualSwitch: id.isVirtualSwitch, ports: ports)
    }
}

extension OpenFlow10.PhyPort {
    /// True if it is wanted up and has a link.
    var isUp: Bool { !config.contains(.portDown) && !state.contains(.linkDown) }
}
