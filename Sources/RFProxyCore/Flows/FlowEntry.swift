import OpenFlow

extension FlowTable {
    /// One flow, wanted or there or both. 24 bytes.
    struct Entry: Sendable {
        var desired = FlowAction.absent
        var actual = FlowAction.absent
        /// The stream of rfserver that last wanted it.
        var generation: UInt32 = 0
        var marks: Marks = []
    }

    /// How far a flow's last change has come.
    struct Marks: OptionSet, Sendable {
        let rawValue: UInt8
        /// It waits to be sent.
        static let queued = Marks(rawValue: 1 << 0)
        /// It is sent, and no barrier has passed since. Another change waits until one has, since a switch may
        /// carry out what is between two barriers in any order.
        static let inFlight = Marks(rawValue: 1 << 1)
        /// Something else has been wanted since it was sent.
        static let changed = Marks(rawValue: 1 << 2)
        /// The switch refused it.
        static let refused = Marks(rawValue: 1 << 3)
        /// The refusal has been reported.
        static let reported = Marks(rawValue: 1 << 4)
        /// It may be deleted although rfserver has not said the whole table.
        static let withdrawn = Marks(rawValue: 1 << 5)
        /// The switch has said during the present audit that it has it.
        static let seen = Marks(rawValue: 1 << 6)
    }

    /// How a read-back compares with what is wanted.
    struct Comparison: Hashable, Sendable {
        var same = 0
        var missing = 0
        var different = 0
        /// Not wanted; they leave when rfserver has said the whole table.
        var surplus = 0
    }

    /// What a switch made of a flow.
    enum Outcome: Hashable, Sendable {
        /// It was refused.
        case refused(FlowKey, OpenFlow10.ErrorCode)
        /// It is to go, and the switch would not let it.
        case kept(FlowKey, OpenFlow10.ErrorCode)
        /// Somebody else's flow is to go, and the switch would not let it.
        case foreignKept(OpenFlow10.ErrorCode)
        /// It had been refused, and has been taken since or is no longer wanted.
        case resolved(FlowKey)
    }
}
