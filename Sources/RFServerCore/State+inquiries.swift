import NetTypes
import RFLib

/// What rfserver says to those who ask.
extension ServerCore {
    mutating func answer(_ envelope: Envelope, on channel: ChannelName, at now: Instant) {
        for inquiry in desk.admit(envelope, at: now) {
            let answer = desk.answer(inquiry, of: envelope.from, report(on: inquiry))
            effects.append(.send(channel, [answer]))
        }
    }

    /// A full table may refuse very many flows: a few of each datapath show what is the matter.
    private func someRefusals() -> [ServerReport.Refusal] {
        network.refusals.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { _, refusals in
            refusals.values.sorted { $0.prefix < $1.prefix }.prefix(5).map(ServerReport.Refusal.init)
        }
    }

    /// What is connected, but for datapaths that neither a VM nor the mapping file has: those may be very many, and anybody's.
    private var connected: [DatapathJoin] {
        let named = Set(table.mapping.vmPorts.keys.map(\.dpID) + table.vmEntries.compactMap(\.datapath?.dpID))
        return network.proxies.connected.filter { $0.isVirtualSwitch || named.contains($0.dpID) }
    }

    private func report(on inquiry: Inquiry) -> ServerReport {
        ServerReport(
            epoch: epoch,
            vms: network.vms.map { vmID, vm in report(on: vmID, vm) }.sorted {
                $0.vmID.rawValue < $1.vmID.rawValue
            },
            proxies: proxyConversations.filter { $0.value.peerEpoch > 0 }.keys.sorted(),
            connected: connected,
            rows: table.vmEntries.sorted { $0.id < $1.id },
            named: table.mapping.datapathPorts.map { ServerReport.NamedPort(vm: $0.key, datapath: $0.value) }
                .sorted { ($0.vm.vmID.rawValue, $0.vm.port) < ($1.vm.vmID.rawValue, $1.vm.port) },
            refusals: someRefusals(),
            word: inquiry.vmID.flatMap { vmID in
                inquiry.destination.flatMap { network.vms[vmID]?.word(on: $0) }
            })
    }

    private func report(on vmID: VMID, _ vm: VM) -> ServerReport.VM {
        let ports = vm.registration?.ports.map { ($0.vmPort, vm.confirmedPorts.contains($0.vmPort)) } ?? []
        return ServerReport.VM(
            vmID: vmID, isRegistered: vm.registration != nil && vm.isAlive, isInStep: vm.isSynced,
            prefixes: vm.routes.count, ports: Dictionary(ports, uniquingKeysWith: { first, _ in first }),
            refusal: vm.refusal)
    }
}

extension VM {
    /// What the VM has said of the longest prefix that holds an address.
    fileprivate func word(on address: IPv4Address) -> PrefixWord? {
        for prefix in address.networks {
            if let forwarding = routes[prefix] { return PrefixWord(prefix: prefix, forwarding: forwarding) }
        }
        return nil
    }
}
