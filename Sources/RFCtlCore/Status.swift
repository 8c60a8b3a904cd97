import NetTypes
public import RFLib

/// The state of a RouteFlow network, and what is missing in it.
public struct Status: Sendable {
    private let answers: Answers

    /// Takes what the daemons have said.
    public init(_ answers: Answers) {
        self.answers = answers
    }

    /// What is not as it should be, a sentence each, with what may help.
    public var missing: [String] {
        guard let server = answers.server else {
            return ["rfserver does not answer: is it running, and does it use this database?"]
        }
        var missing: [String] = []
        for ctID in server.knownProxies where answers.proxies[ctID] == nil {
            missing.append("rfproxy.\(ctID) does not answer: is it running, and does it use this database?")
        }
        if !server.connected.contains(where: \.isVirtualSwitch) {
            missing.append(
                "no virtual switch is connected: does rfserver make it (--ovs-bridge), may it connect (--rfvs-from)?"
            )
        }
        for vm in server.vms { missing += self.missing(of: vm) }
        missing += missingRows(server)
        for proxy in answers.proxies.values {
            for datapath in proxy.datapaths where datapath.refused > 0 {
                missing.append(
                    "datapath \(datapath.dpID) has refused \(datapath.refused) flows: is its table full?")
            }
        }
        return missing
    }

    private func missing(of vm: ServerReport.VM) -> [String] {
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
            } else if !isSeen, row?.virtual == nil {
                missing.append(
                    "\(name) port \(port) has not been seen on the virtual switch: is its interface attached there?"
                )
            }
        }
        return missing
    }

    private func missingRows(_ server: ServerReport) -> [String] {
        let known = Set(server.vms.filter(\.isRegistered).map(\.vmID))
        let connected = Set(server.connected.map(\.dpID))
        var missing = Set(server.rows.compactMap { $0.datapath?.dpID } + server.named.map(\.datapath.dpID))
            .subtracting(connected).sorted { $0.rawValue < $1.rawValue }
            .map { "datapath \($0) is not connected: does the switch run, is rfproxy its controller?" }
        missing += Set(server.named.map(\.vm.vmID)).subtracting(known).subtracting(server.vms.map(\.vmID))
            .sorted { $0.rawValue < $1.rawValue }
            .map { "the mapping file names VM \($0), which has not registered" }
        for join in server.connected {
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
            for datapath in proxy.datapaths {
                lines.append(
                    "  dp \(datapath.dpID)  \(datapath.isConnected ? "connected" : "not connected"), "
                        + "\(datapath.flows) flows, \(datapath.waiting) waiting, \(datapath.refused) refused"
                        + (datapath.isComplete || datapath.dpID.isVirtualSwitch ? "" : ", not yet complete"))
            }
        }
        for vmID in answers.vms { lines += self.lines(of: vmID) }
        let missing = missing
        lines.append(missing.isEmpty ? "nothing is missing" : "missing:")
        return (lines + missing.map { "  \($0)" }).joined(separator: "\n") + "\n"
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
                    + "vs port \(row.virtual.map { "\($0.port)" } ?? "-")  \(row.status.rawValue)"
                    + (port?.isUp == false ? ", down" : ""))
        }
        return lines
    }
}

extension ServerReport {
    /// The rfproxies that there should be: those that rfserver has heard of, or number 0 if it has heard of none.
    public var knownProxies: [Int32] {
        let known = Set(proxies).union(rows.compactMap { $0.datapath?.ctID })
        return known.isEmpty ? [0] : known.sorted()
    }
}
