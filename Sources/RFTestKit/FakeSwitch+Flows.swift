import OpenFlow

extension FakeSwitch {
    /// Changes the flow table. Returns the error if it cannot (OpenFlow 1.0.0, 4.6).
    mutating func carryOut(_ order: OpenFlow10.FlowMod) -> OpenFlow10.ErrorCode? {
        let id = FlowID(order.match, order.priority)
        if refusesDeletions, order.command.rawValue >= OpenFlow10.FlowModCommand.delete.rawValue {
            return .flowModNotPermitted
        }
        if refusesChanges, order.command == .modifyStrict || order.command == .modify {
            return .unsupportedActionOrder
        }
        switch order.command {
        case .add:
            return add(order)
        case .modifyStrict:
            guard flows[id] != nil else { return add(order) }
            flows[id]?.actions = order.actions
        case .modify:
            let covered = flows.keys.filter { order.match.covers($0.match) }
            if covered.isEmpty { return add(order) }
            for id in covered { flows[id]?.actions = order.actions }
        case .deleteStrict:
            if let flow = flows[id], isPast(order.outPort, flow) { flows[id] = nil }
        case .delete:
            flows = flows.filter { !(order.match.covers($0.key.match) && isPast(order.outPort, $0.value)) }
        default:
            return .badCommand
        }
        return nil
    }

    private mutating func add(_ order: OpenFlow10.FlowMod) -> OpenFlow10.ErrorCode? {
        let id = FlowID(order.match, order.priority)
        guard flows[id] != nil || flows.count < capacity else { return .allTablesFull }
        flows[id] = Flow(
            actions: order.actions, cookie: order.cookie, idleTimeout: order.idleTimeout,
            hardTimeout: order.hardTimeout, tellsEnd: order.flags.contains(.sendFlowRemoved))
        return nil
    }

    private func isPast(_ filter: OpenFlow10.PortNumber, _ flow: Flow) -> Bool {
        filter == .none
            || flow.actions.contains { if case .output(filter, _) = $0 { true } else { false } }
    }
}

extension OpenFlow10.Match {
    /// True if every packet that the other matches is matched by this one too.
    func covers(_ other: OpenFlow10.Match) -> Bool {
        func covers<Value: Equatable>(_ field: KeyPath<Self, Value?>) -> Bool {
            self[keyPath: field] == nil || self[keyPath: field] == other[keyPath: field]
        }
        func coversNetwork(_ field: KeyPath<Self, OpenFlow10.IPv4Prefix?>) -> Bool {
            guard let mine = self[keyPath: field] else { return true }
            guard let theirs = other[keyPath: field], theirs.length >= mine.length else { return false }
            return OpenFlow10.IPv4Prefix(theirs.address, length: Int(mine.length)) == mine
        }
        return covers(\.inPort) && covers(\.dlSrc) && covers(\.dlDst) && covers(\.dlVLAN)
            && covers(\.dlVLANPCP) && covers(\.dlType) && covers(\.nwTOS) && covers(\.nwProto)
            && covers(\.tpSrc) && covers(\.tpDst) && coversNetwork(\.nwSrc) && coversNetwork(\.nwDst)
    }
}
