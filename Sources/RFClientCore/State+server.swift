import Logging
import NetTypes
import RFLib

extension ClientCore {
    mutating func handle(_ event: IPCEvent, at now: Instant) {
        switch event {
        case .received(let envelopes):
            for envelope in envelopes where !isStopped { receive(envelope, at: now) }
        case .written(let count):
            load.written(count)
        case .connected:
            log(LogLine(.info, "the database is connected"))
        case .disconnected(let reason):
            log(LogLine(.warning, "the database is disconnected", ["reason": reason]))
        case .poison(let reason):
            drop("a document was set aside", ["reason": reason])
        }
    }

    private mutating func receive(_ envelope: Envelope, at now: Instant) {
        if envelope.from.isInquirer { return answer(envelope, at: now) }
        guard envelope.from == .rfserver else {
            return drop("an envelope that is not rfserver's", ["from": envelope.from])
        }
        for delivery in conversation.receive(envelope, at: now) {
            switch delivery {
            case .begin: break
            case .messages(let messages): for message in messages where !isStopped { take(message, at: now) }
            case .end(let named): if let named { sweep(named) }
            case .rejected(let reasons):
                for reason in reasons {
                    drop("a message of rfserver was not understood", ["reason": reason])
                }
            case .superseded:
                stop(
                    "duplicate vm_id \(configuration.vmID): another rfclient has started with it; "
                        + "give one of the two VMs another management address, or --id")
            case .dropped(let why): dropped(why)
            }
        }
    }

    private mutating func dropped(_ why: Conversation.Drop) {
        switch why {
        case .staleEpoch, .otherEpoch, .duplicate:
            // The channel still holds what was said before, and is read from its beginning after each loss.
            _ = tally.count("envelope of the past")
        case .gap:
            drop("an envelope of rfserver was dropped: \(why.rawValue)")
        }
    }

    private mutating func take(_ message: RFMessage, at now: Instant) {
        switch message {
        case .vmRegisterResponse(let response) where response.vmID == configuration.vmID:
            guard response.accept else {
                return stop("rfserver refuses this VM: \(response.reason)")
            }
            if !isAccepted { log(LogLine(.info, "rfserver has accepted this VM")) }
            isAccepted = true
        case .vmConfig(let config) where config.vmID == configuration.vmID:
            order = config
            announcer.use(token: config.token)
            conversation.showLife(every: .milliseconds(config.beatInterval), at: now)
        case .vmPortMapped(let mapped) where mapped.vmID == configuration.vmID:
            announcer.confirm(mapped.vmPort, isRemoval: mapped.isRemoval)
        default:
            drop("a message that is not for this VM", ["type": message.kind.rawValue])
        }
    }

    /// rfserver has said everything: what it has not named is so no longer.
    private mutating func sweep(_ named: Set<RFKey>) {
        if !named.contains(.vmConfig(configuration.vmID)) {
            order = nil
            announcer.use(token: nil)
        }
        let ports = named.compactMap { key in
            if case .vmPortMapped(configuration.vmID, let port) = key { port } else { nil }
        }
        announcer.confirm(only: Set(ports))
    }

    /// Gives the ports their address, and announces those that are up.
    mutating func settlePorts(at now: Instant) {
        for index in portAddresses.due(order?.hwAddress, mirror.links, at: now) {
            guard let order else { break }
            effects.append(.setLinkAddress(linkIndex: index, order.hwAddress))
        }
        guard let order else { return }
        let links = mirror.links
        let upPorts = links.registration.filter(\.isUp).map(\.vmPort)
        for (port, frame) in announcer.due(upPorts: upPorts, source: order.hwAddress, at: now) {
            guard let index = links.ports.first(where: { $0.value == port })?.key else { continue }
            effects.append(.sendFrame(linkIndex: index, frame.bytes))
        }
    }

    /// What rfserver is to know, as it stands now.
    var wantedTable: WantedTable { WantedTable(configuration: configuration, mirror: mirror) }
}

/// What rfserver is to know of the VM.
struct WantedTable: WantedState {
    let configuration: ClientCore.Configuration
    let mirror: KernelMirror

    func keys(for peer: PeerName) -> [RFKey] {
        let vmID = configuration.vmID
        return [.vmRegisterRequest(vmID)] + mirror.prefixes.winners.map { .route(vmID, $0.prefix) }
    }

    func message(for key: RFKey) -> RFMessage? {
        switch key {
        case .vmRegisterRequest:
            .vmRegisterRequest(
                VMRegisterRequest(
                    vmID: configuration.vmID, bootID: configuration.bootID, ports: mirror.links.registration))
        case .route(let vmID, let prefix):
            PrefixKey(prefix).flatMap { mirror.prefixes[$0]?.winner.forwarding }.map {
                .routeInfo(
                    RouteInfo(vmID: vmID, prefix: prefix, source: vmID.dataAddress, forwarding: $0))
            }
        default:
            nil
        }
    }
}
