import NetTypes
public import RFLib

/// The state of a RouteFlow network, and what is missing in it.
public struct Status: Sendable {
    private let answers: Answers

    /// Takes what the daemons have said.
    public init(_ answers: Answers) {
        self.answers = answers
    }

    /// What is not as it should be, a sentence each, with what may help. What follows from another thing that is missing
    /// is left out: without rfproxy, no switch is connected, and no port is seen.
    public var missing: [String] {
        guard let server = answers.server else {
            return ["rfserver does not answer: is it running, and does it use this database?"]
        }
        var missing = silentProxies(server).map {
            "rfproxy.\($0) does not answer: is it running, and does it use this database?"
        }
        let hasVirtualSwitch = server.connected.contains(where: \.isVirtualSwitch)
        if !hasVirtualSwitch, silentProxies(server).isEmpty {
            missing.append(
                "no virtual switch is connected: does rfserver make it (--ovs-bridge), may it connect (--rfvs-from)?"
            )
        }
        for vm in server.vms { missing += self.missing(of: vm, seesPorts: hasVirtualSwitch) }
        missing += missingDatapaths(server) + missingNames(server)
        let needed = needed
        for proxy in answers.proxies.values {
            for datapath in proxy.datapaths where datapath.refused > 0 && needed.contains(datapath.dpID) {
                missing.append(
                    "datapath \(datapath.dpID) has refused \(datapath.refused) flows: is its table full?")
                missing += server.refusals.filter { $0.dpID == datapath.dpID }.map(text)
            }
        }
        return missing
    }

    /// The datapaths that a VM has, or is to have, as far as rfserver says. Any other may be anybody's.
    private var needed: Set<DatapathID> { Set((answers.server?.neededPorts ?? []).map(\.dpID)) }

    private func text(_ refusal: ServerReport.Refusal) -> String {
        "datapath \(refusal.dpID) lacks the flow of \(refusal.prefix) (OpenFlow error \(refusal.type)/\(refusal.code)): "
            + (refusal.carrier.map { "its packets follow \($0)" } ?? "its packets go through the VM")
    }

    private func silentProxies(_ server: ServerReport) -> [Int32] {
        server.knownProxies.filter { answers.proxies[$0] == nil }
    }

    private func missing(of vm: ServerReport.VM, seesPorts: Bool) -> [String] {
        let name = answers.name(of: vm.vmID)
        if let refusal = vm.refusal { return ["\(name) is refused: \(refusal)"] }
        guard vm.isRegistered else { return ["\(name) is silent: is the VM up, does it run rfclient?"] }
        var missing: [String] = []
        if answers.clients[vm.vmID] == nil { missing.append("rfclient of \(name) does not answer") }
        if !vm.isInStep { missing.append("\(name) has not said its whole table yet") }
        for (port, isSeen) in vm.ports.sorted(by: { $0.key < $1.key }) {
            let row = answers.rows(of: vm.vmID).first { $0.vm?.port == port }
            let isUp = answers.clients[vm.vmID]?.ports.first { $0.number == port }?.isUp ?? true
            if row == nil {
                missing.append(
                    "\(name) port \(port) has no datapath port: none is idle, or the mapping file does not name it"
                )
            } else if !isUp {
                missing.append("\(name) port \(port) is down: it is down in the VM, or its datapath port is")
            } else if seesPorts, !isSeen, row?.virtual == nil {
                missing.append(
                    "\(name) port \(port) has not been seen on the virtual switch: is its interface attached there?"
                )
            }
        }
        return missing
    }

    private func missingDatapaths(_ server: ServerReport) -> [String] {
        let silent = silentProxies(server)
        return Set(server.neededPorts.filter { !silent.contains($0.ctID) }.map(\.dpID))
            .subtracting(server.connected.map(\.dpID)).sorted { $0.rawValue < $1.rawValue }
            .map { "datapath \($0) is not connected: does the switch run, is rfproxy its controller?" }
    }

    private func missingNames(_ server: ServerReport) -> [String] {
        var missing = Set(server.named.map(\.vm.vmID)).subtracting(server.vms.map(\.vmID))
            .sorted { $0.rawValue < $1.rawValue }
            .map { "the mapping file names VM \($0), which has not registered" }
        var seen: Set<DatapathID> = []
        for join in server.connected where seen.insert(join.dpID).inserted {
            let ports = Set(join.ports.map(\.dpPort))
            for row in server.named where row.datapath.dpID == join.dpID && !ports.contains(row.datapath.port)
            {
                missing.append(
                    "the mapping file names port \(row.datapath.port) of datapath \(join.dpID), which has none"
                )
            }
        }
        return missing
    }

    /// Everything, for people.
    public var text: String {
        var lines: [String] = []
        if let server = answers.server {
            lines.append("rfserver        epoch \(server.epoch)")
        }
        for (ctID, proxy) in answers.proxies.sorted(by: { $0.key < $1.key }) {
            lines.append("rfproxy.\(ctID)       epoch \(proxy.epoch)")
            lines += self.lines(of: proxy)
        }
        for vmID in answers.vms { lines += self.lines(of: vmID) }
        let missing = missing
        lines.append(missing.isEmpty ? "nothing is missing" : "missing:")
        return (lines + missing.map { "  \($0)" }).map(\.printable).joined(separator: "\n") + "\n"
    }

    /// So many datapaths that no VM has are named: enough for a network that is being set up.
    private static let mostIdle = 16

    private func lines(of proxy: ProxyReport) -> [String] {
        let needed = needed
        let idle = proxy.datapaths.filter { !$0.dpID.isVirtualSwitch && !needed.contains($0.dpID) }
        let unnamed = answers.server == nil ? [] : Set(idle.dropFirst(Self.mostIdle).map(\.dpID))
        let lines = proxy.datapaths.filter { !unnamed.contains($0.dpID) }
            .map { "  dp \($0.dpID)  \(text($0))" }
        return unnamed.isEmpty ? lines : lines + ["  and \(unnamed.count) more that no VM has"]
    }

    /// Where there is one virtual switch, it needs no name.
    private func text(_ virtual: RFEntry.VirtualPort?) -> String {
        guard let virtual else { return "port -" }
        let isUsual = virtual.vsID == .defaultVirtualSwitch
        return isUsual ? "port \(virtual.port)" : "\(virtual.vsID) port \(virtual.port)"
    }

    private func text(_ datapath: ProxyReport.Datapath) -> String {
        let connection = datapath.isConnected ? "connected" : "not connected"
        if datapath.dpID.isVirtualSwitch { return "\(connection), virtual switch" }
        guard datapath.isMaster else { return "\(connection), spare: another rfproxy writes its flows" }
        return
            "\(connection), \(datapath.flows) flows, \(datapath.waiting) waiting, \(datapath.refused) refused"
            + (datapath.isComplete ? "" : ", not yet complete")
    }

    private func lines(of vmID: VMID) -> [String] {
        let client = answers.clients[vmID]
        var lines = [
            "VM \(answers.name(of: vmID))  "
                + (client.map { "epoch \($0.epoch), \($0.prefixes) prefixes" } ?? "does not answer")
        ]
        for row in answers.rows(of: vmID) {
            guard let vm = row.vm, let datapath = row.datapath else { continue }
            let port = client?.ports.first { $0.number == vm.port }
            lines.append(
                "  \(port?.name ?? "port \(vm.port)")  dp \(datapath.dpID) port \(datapath.port)  "
                    + "vs \(text(row.virtual))  \(row.status.rawValue)"
                    + (port?.isUp == false ? ", down" : ""))
        }
        return lines
    }
}

extension ServerReport {
    /// The datapath ports that a VM has, or is to have.
    fileprivate var neededPorts: [RFEntry.DatapathPort] {
        rows.compactMap(\.datapath) + named.map(\.datapath)
    }

    /// The rfproxies that there should be: those that rfserver has heard of, or number 0 if it has heard of none.
    public var knownProxies: [Int32] {
        let known = Set(proxies).union(rows.compactMap { $0.datapath?.ctID })
        return known.isEmpty ? [0] : known.sorted()
    }
}
