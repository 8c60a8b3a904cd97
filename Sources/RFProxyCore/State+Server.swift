import Logging
import NetTypes
import OpenFlow
import RFLib

/// What rfserver says.
extension ProxyCore {
    mutating func handle(_ event: IPCEvent, at now: Instant) {
        switch event {
        case .written(let count):
            load.written(count)
        case .connected:
            log(.info, "connected to the database")
        case .disconnected(let reason):
            log(.warning, "lost the database; switches and packets go on as they are", ["reason": reason])
        case .poison(let reason):
            count(.warning, "set aside a document that is no envelope", ["reason": reason])
        case .received(let envelopes):
            for envelope in envelopes {
                if envelope.from == .rfserver {
                    for delivery in conversation.receive(envelope, at: now) { handle(delivery, at: now) }
                } else if envelope.from.isInquirer {
                    begin(envelope, at: now)
                }
            }
        }
    }

    private mutating func handle(_ delivery: Conversation.Delivery, at now: Instant) {
        switch delivery {
        case .begin:
            generation += 1
            isStreamWhole = true
            hasServerState = false
            isHearingState = true
            wantsState = false
            for id in Array(datapaths.keys) { datapaths[id]?.table.beginStream(generation) }
            log(.info, "rfserver begins to say its state", ["epoch": conversation.peerEpoch])
        case .messages(let messages):
            for message in messages { handle(message, at: now) }
        case .end(let named):
            log(.info, "rfserver has said its state", ["epoch": conversation.peerEpoch])
            isHearingState = false
            if let named {
                releaseDatapaths(notNamedIn: named)
                forgetMaps(notNamedIn: named)
                hasServerState = true
                for id in Array(datapaths.keys) { raiseUnmappedPorts(of: id) }
            }
            for id in Array(datapaths.keys) { forgetIfIdle(id) }
        case .rejected(let reasons):
            isStreamWhole = false
            for reason in reasons { count(.warning, "set aside a message of rfserver", ["reason": reason]) }
        case .superseded:
            effects.append(
                .stop(reason: "another rfproxy with ct_id \(settings.ctID) has started: this one ends"))
        case .dropped(let reason):
            count(.debug, "ignored an envelope of rfserver: \(reason.rawValue)")
        }
    }

    private mutating func handle(_ message: RFMessage, at now: Instant) {
        switch message {
        case .datapathGrant(let grant): handle(grant, at: now)
        case .flowMod(let order): handle(order)
        case .datapathConfig(let order): handle(order)
        case .portMap(let map): handle(map)
        case .tableComplete(let message): handle(message)
        default: count(.warning, "ignored a message that is not for rfproxy", ["kind": "\(message.kind)"])
        }
    }

    private mutating func handle(_ order: FlowMod) {
        guard accepts(order.dpID) else { return }
        guard let prefix = OpenFlow10.IPv4Prefix(order.prefix) else {
            return count(
                .warning, "ignored a flow that OpenFlow 1.0 cannot express",
                ["dp_id": order.dpID, "prefix": order.prefix])
        }
        guard let forwarding = order.forwarding else {
            datapaths[order.dpID]?.table.want(order.source, prefix, nil)
            return
        }
        if forwarding.kind == .local, prefix.length == 32 {
            meet(order.dpID)
            datapaths[order.dpID]?.table.want(order.source, own: prefix.address)
        } else if forwarding.kind != .local, let action = FlowAction(forwarding) {
            meet(order.dpID)
            datapaths[order.dpID]?.table.want(order.source, prefix, action)
        } else {
            count(
                .error, "ignored a flow that makes no sense",
                ["dp_id": order.dpID, "prefix": order.prefix, "kind": forwarding.kind.rawValue])
        }
    }

    private mutating func handle(_ order: DatapathConfig) {
        guard FlowKey.match(order.operation) != nil, accepts(order.dpID) else { return }
        let action = order.operation == .dropAll ? FlowAction.drop : .controller
        meet(order.dpID)
        datapaths[order.dpID]?.table.want(.control(order.operation), action)
    }

    private mutating func handle(_ message: TableComplete) {
        guard accepts(message.dpID) else { return }
        if message.isRemoval {
            datapaths[message.dpID]?.table.reopen()
        } else if isStreamWhole {
            meet(message.dpID)
            datapaths[message.dpID]?.table.complete()
            if datapaths[message.dpID]?.isStranger ?? false {
                settleFlows(of: message.dpID)
                datapaths[message.dpID] = nil
            }
        } else {
            count(
                .warning, "nothing is deleted: part of rfserver's state was not understood",
                ["dp_id": message.dpID])
        }
    }

    /// Virtual switches belong to all rfproxies together: nobody writes flows there. And what is another rfproxy's is not
    /// written to: such a word was on its way when the datapath moved.
    private mutating func accepts(_ datapath: DatapathID) -> Bool {
        guard !datapath.isVirtualSwitch else {
            count(.warning, "ignored an order for a virtual switch's flow table", ["dp_id": datapath])
            return false
        }
        guard isMaster(of: datapath) else {
            count(.debug, "ignored an order for a datapath that is not granted", ["dp_id": datapath])
            return false
        }
        stirred.insert(datapath)
        return true
    }

    // MARK: What became of the flows

    /// Passes on what a switch made of its flows, and what the shuttle needs to know of them.
    mutating func settleFlows(of id: DatapathID) {
        if let addresses = datapaths[id]?.table.takeOwnAddresses() {
            shuttle.setOwnAddresses(addresses, of: id)
        }
        for outcome in datapaths[id]?.table.takeOutcomes() ?? [] {
            switch outcome {
            case .refused(let key, let code):
                let carrier = datapaths[id]?.table.carrier(of: key)
                count(
                    .error, "a switch refused a flow; it is tried again, ever less often",
                    [
                        "dp_id": id, "prefix": key.prefix, "role": "\(key.role)", "error": code,
                        "carried_by": carrier.map { "\($0)" } ?? "the VM",
                    ])
                for source in sources(of: key, on: id) {
                    announce(
                        .flowError(
                            FlowError(
                                dpID: id, source: source, prefix: key.prefix, type: code.type.rawValue,
                                code: code.code, carrier: carrier)))
                }
            case .kept(let key, let code):
                count(
                    .error, "a switch refused to delete a flow; it is tried again, ever less often",
                    ["dp_id": id, "prefix": key.prefix, "role": "\(key.role)", "error": code])
            case .foreignKept(let code):
                count(.error, "a switch refused to delete a foreign flow", ["dp_id": id, "error": code])
            case .resolved(let key):
                for key in announcedErrors(of: key, on: id) { withdraw(key) }
            }
        }
    }

    /// The routers that a flow is for: those under which rfserver knows it.
    private func sources(of key: FlowKey, on id: DatapathID) -> [MACAddress] {
        switch key.role {
        case .control, .arpAnswer: []  // without an answer in the switch, the VM answers
        case .local: datapaths[id]?.table.routers(with: key.address) ?? []
        case .routed, .hairpin: [key.source]
        }
    }

    /// The reports on a flow. The routers that had an address may have lost it since.
    private func announcedErrors(of key: FlowKey, on id: DatapathID) -> [RFKey] {
        switch key.role {
        case .control, .arpAnswer: return []
        case .routed, .hairpin: return [.flowError(id, key.source, key.prefix)]
        case .local: break
        }
        return announcements.keys(for: .rfserver).filter {
            if case .flowError(id, _, key.prefix) = $0 { true } else { false }
        }
    }
}
