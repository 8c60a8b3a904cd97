public import NetTypes
public import RFLib

/// The way of packets to one address by way of one VM, link by link, and where it stops, if it does.
public struct Explanation: Hashable, Codable, Sendable {
    /// The VM's name, for people.
    public var vm: String
    /// Whose way.
    public var vmID: VMID
    /// The kernel's route.
    public var route: ClientReport.Route?
    /// The destination as a neighbour of the VM, if it is one.
    public var neighbour: ClientReport.NextHop?
    /// What rfclient says.
    public var word: PrefixWord?
    /// What rfserver has heard.
    public var heard: PrefixWord?
    /// The flows that are to catch the packets, one on each datapath of the VM.
    public var flows: [ProxyReport.Flow] = []
    /// The chain, a line a link: the link's name and what there is to say.
    public var lines: [Line] = []
    /// Why the packets do not get where the kernel would send them; nil if nothing is in the way.
    public var stop: String?

    /// One link of the chain.
    public struct Line: Hashable, Codable, Sendable {
        /// Its name: kernel, next hop, neighbour, winner, message, flow, counters.
        public var link: String
        /// What there is to say of it.
        public var text: String
    }

    /// Follows the chain as far as it goes.
    public init(of vmID: VMID, in answers: Answers) {
        self.vm = answers.name(of: vmID)
        self.vmID = vmID
        follow(answers)
    }

    private mutating func follow(_ answers: Answers) {
        guard let client = answers.clients[vmID] else {
            return end("rfclient does not answer: is the VM up, does it run rfclient, does it reach MongoDB?")
        }
        route = client.route
        neighbour = client.neighbour
        word = client.word
        sayKernel()
        guard let word else {
            return end(
                route == nil
                    ? "the kernel has no route to it, so the switch has no flow for it"
                    : "nothing is said of it: the way is by the management interface")
        }
        say("winner", Self.text(word))
        if word.forwarding.kind == .punt { sayHold() }

        guard let server = answers.server else { return end("rfserver does not answer: is it running?") }
        guard let vm = server.vms.first(where: { $0.vmID == vmID }), vm.isRegistered else {
            return end("rfserver does not know this VM: see its log for the reason")
        }
        heard = server.word
        guard let heard, heard == word else {
            let what = heard.map(Self.text) ?? "nothing"
            return end("rfserver has heard \(what) of it, \(vm.isInStep ? "in step" : "out of step")")
        }
        say(
            "message", "rfserver has heard the same; the VM is \(vm.isInStep ? "in step" : "not in step yet")"
        )
        sayFlows(answers)
    }

    private mutating func sayKernel() {
        if let route {
            let ways = route.nextHops.map(Self.text).joined(separator: " or ")
            say("kernel", "\(route.prefix) metric \(route.metric) \(ways.isEmpty ? route.type : ways)")
            for hop in route.nextHops where hop.gateway != nil { say("next hop", Self.resolution(of: hop)) }
        } else {
            say("kernel", "no route")
        }
        if let neighbour, route?.nextHops.contains(where: { $0.gateway == nil }) ?? false {
            say("neighbour", Self.resolution(of: neighbour))
        }
    }

    /// Why packets go to the VM although the kernel has a route.
    private mutating func sayHold() {
        guard let route, route.type == "unicast" else { return }
        if let obstacle = route.obstacle {
            stop = "held: \(obstacle)"
        } else if let hop = route.nextHops.first(where: {
            $0.isLive && $0.gateway != nil && $0.linkAddress == nil
        }),
            let gateway = hop.gateway
        {
            let state = hop.state.isEmpty ? "no neighbour entry" : hop.state
            stop = "next hop \(gateway) on \(hop.interface) is not resolved (\(state)): does it answer ARP?"
        }
    }

    private mutating func sayFlows(_ answers: Answers) {
        let datapaths = Set(answers.rows(of: vmID).compactMap(\.datapath)).map { ($0.ctID, $0.dpID) }
        guard !datapaths.isEmpty else {
            return end("the VM has no datapath: no port of it is associated (rfctl status)")
        }
        var seen: Set<DatapathID> = []
        for (ctID, dpID) in datapaths.sorted(by: { $0.1.rawValue < $1.1.rawValue })
        where seen.insert(dpID).inserted {
            guard let proxy = answers.proxies[ctID] else {
                end("rfproxy.\(ctID) does not answer: is it running?")
                continue
            }
            guard let flow = proxy.flows.first(where: { $0.dpID == dpID }) else {
                end("rfproxy.\(ctID) knows of no flow for it on datapath \(dpID)")
                continue
            }
            flows.append(flow)
            say(flow)
        }
    }

    private mutating func say(_ flow: ProxyReport.Flow) {
        say(
            "flow",
            "dp \(flow.dpID) priority \(flow.priority) \(flow.prefix) -> \(flow.action): \(flow.progress.rawValue)"
        )
        switch (flow.progress, flow.reading) {
        case (.unknown, _):
            end("datapath \(flow.dpID) is not connected: its table is not known")
        case (.refused, _):
            let meanwhile = flow.carrier.map { "follow \($0)" } ?? "go through the VM"
            end(
                "datapath \(flow.dpID) has refused the flow (is its table full? rfproxy's log has the reason): the packets "
                    + meanwhile)
        case (.waiting, _):
            end("the flow is on its way to datapath \(flow.dpID)")
        case (.installed, let reading?) where reading.action != flow.action:
            end("drift: the flow in datapath \(flow.dpID) does \(reading.action): somebody has changed it")
        case (.installed, let reading?):
            say("counters", "\(reading.packets) packets, \(reading.bytes) bytes")
        case (.installed, nil) where flow.isRead:
            end("drift: datapath \(flow.dpID) has no such flow: somebody has deleted it")
        case (.installed, nil):
            end("datapath \(flow.dpID) did not answer in time")
        }
    }

    private mutating func say(_ link: String, _ text: String) {
        lines.append(Line(link: link, text: text))
    }

    private mutating func end(_ reason: String) {
        if stop == nil { stop = reason }
    }

    // MARK: Words

    private static func text(_ word: PrefixWord) -> String {
        let forwarding = word.forwarding
        return switch forwarding.kind {
        case .route, .host:
            "\(word.prefix) \(forwarding.kind.rawValue): VM port \(forwarding.port), to \(forwarding.destination)"
        case .punt: "\(word.prefix) punt: to the VM"
        case .local: "\(word.prefix) local: the VM's own address"
        case .blackhole: "\(word.prefix) blackhole: drop"
        }
    }

    private static func text(_ hop: ClientReport.NextHop) -> String {
        let via = hop.gateway.map { "via \($0) " } ?? ""
        return "\(via)dev \(hop.interface)\(hop.isLive ? "" : " (dead)")"
    }

    private static func resolution(of hop: ClientReport.NextHop) -> String {
        let address = hop.linkAddress.map { "\($0) " } ?? ""
        return
            "\(hop.gateway.map { "\($0)" } ?? "-") on \(hop.interface): \(address)\(hop.state.isEmpty ? "unknown" : hop.state)"
    }

    /// The chain as it is printed.
    public var text: String {
        var text = "\(vm.printable)\n"
        for line in lines {
            text +=
                "  \(line.link)\(String(repeating: " ", count: max(1, 10 - line.link.count)))\(line.text.printable)\n"
        }
        if let stop { text += "  stops here: \(stop.printable)\n" }
        return text
    }
}
