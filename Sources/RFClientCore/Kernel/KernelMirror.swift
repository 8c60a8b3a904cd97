import Logging
import NetTypes
import Netlink
import RFLib

/// The kernel's tables as far as they are known, and what follows from them for each prefix.
///
/// Events change the tables at once, and only mark what depends on them; `settle` works out the rest, once for a batch
/// of events. What comes out depends on the tables alone, not on the order in which they came to be, except for which
/// hosts come first where there are too many.
struct KernelMirror: Sendable {
    var links: LinkTable
    var addresses = AddressTable()
    var neighbours: NeighbourTable
    var nexthops: [UInt32: NexthopObject] = [:]
    var nexthopSweep = Sweep<UInt32>()
    var prefixes = PrefixTable()
    var paths = PathTable()
    var hosts: HostTable
    var care: NeighbourCare
    var routeDump = RouteDump()

    /// Prefixes whose winner may be another now.
    var touchedPrefixes: [PrefixKey] = []
    /// Addresses that may have become hosts, or be none any more.
    var touchedHosts: [IPv4Address] = []
    /// Neighbours that may have come into use or gone out of it.
    var touchedNeighbours: [NeighbourKey] = []
    /// True if what is registered of the ports has changed.
    var isRegistrationTouched = false
    /// True if interfaces or addresses have changed, so that the VM may have to be set up anew.
    var isSetUpTouched = false
    /// Kinds that only a dump can tell about.
    var doubtful: Set<DumpKind> = []
    /// True once all tables are known: until then no neighbour seems to be in use.
    var isComplete = false
    /// How often hosts were refused, routes held, and so on.
    var tally = Tally()
    /// What is to be said in the log.
    var notes: [LogLine] = []

    /// - Parameters:
    ///   - vmID: decides the address that all data ports have.
    ///   - management: the name of the interface that nothing is reported of.
    ///   - maxHosts: how many hosts may have flows.
    ///   - canManage: whether the kernel can keep a neighbour fresh by itself.
    init(vmID: VMID, management: String, maxHosts: Int, canManage: Bool) {
        care = NeighbourCare(canManage: canManage)
        links = LinkTable(management: management)
        neighbours = NeighbourTable(ownAddress: vmID.dataAddress)
        hosts = HostTable(limit: maxHosts)
    }

    /// What settling came to.
    struct Changes {
        /// The prefixes that something else is said of now.
        var prefixes: [PrefixKey] = []
        var neighbours: [NeighbourCommand] = []
        /// True if the ports have to be registered anew.
        var registration = false
        /// True if the VM may have to be set up anew.
        var setUp = false
        /// Kinds that have to be dumped.
        var doubtful: Set<DumpKind> = []
        var notes: [LogLine] = []
    }

    /// Works out what has been touched.
    mutating func settle() -> Changes {
        var changes = Changes()
        let resolved = paths.settle(
            in: PathContext(links: links, neighbours: neighbours, nexthops: nexthops))
        touchedPrefixes += resolved.prefixes
        for (spec, obstacle) in resolved.obstacles { noteHeld(spec, obstacle) }
        settleHosts()
        for key in touchedPrefixes {
            let winner = winner(of: key)
            guard winner != prefixes[key]?.winner ?? .none else { continue }
            prefixes.set(winner, of: key)
            changes.prefixes.append(key)
        }
        touchedPrefixes.removeAll(keepingCapacity: true)
        changes.neighbours = settleNeighbours()
        changes.registration = isRegistrationTouched
        changes.setUp = isSetUpTouched
        changes.doubtful = doubtful
        changes.notes = notes
        isRegistrationTouched = false
        isSetUpTouched = false
        doubtful.removeAll()
        notes.removeAll()
        return changes
    }

    // MARK: Winners

    /// The one word on a prefix (design, section 5, the table of kinds).
    private func winner(of key: PrefixKey) -> Winner {
        if let address = key.host, isLocal(address) { return .local }
        guard let path = choice(of: prefixes[key]?.alternatives ?? .none) else {
            return host(at: key) ?? .none
        }
        return switch paths.outcome(path) {
        case .absent, .unreported: .none
        case .forward(let port, let destination): Winner(.route, port: port, destination: destination)
        case .blackhole: .blackhole
        case .punt: .punt
        case .onLink: host(at: key) ?? .punt
        }
    }

    /// The route that the kernel uses: the first in its order that is live.
    func choice(of alternatives: Alternatives) -> PathID? {
        alternatives.firstPath { paths.outcome($0) != .absent }
    }

    private func host(at key: PrefixKey) -> Winner? {
        key.host.flatMap { hosts.hosts[$0] }.map {
            Winner(.host, port: $0.port, destination: $0.linkAddress)
        }
    }

    private func isLocal(_ address: IPv4Address) -> Bool {
        addresses.links(with: address).contains { index in
            links.ports[index] != nil || links.links[index]?.isLoopback == true && !address.isLoopback
        }
    }

    // MARK: Hosts

    private mutating func settleHosts() {
        for key in touchedPrefixes {
            for number in neighbours.resolved(in: key) {
                touchedHosts.append(IPv4Address(rawValue: UInt32(number >> 32)))
            }
        }
        var seen: Set<IPv4Address> = []
        for address in touchedHosts where seen.insert(address).inserted { settleHost(address) }
        touchedHosts.removeAll(keepingCapacity: true)
        while let next = hosts.next { settleHost(next) }
    }

    private mutating func settleHost(_ address: IPv4Address) {
        let old = hosts.hosts[address]
        let new = hostCandidate(address)
        switch hosts.set(address, new) {
        case .unchanged: return
        case .refused: noteRefused(address)
        case .changed: touchedPrefixes.append(PrefixKey(host: address))
        }
        for host in [old, new].compactMap(\.self) {
            touchedNeighbours.append(NeighbourKey(linkIndex: host.linkIndex, address: address))
        }
    }

    /// How an address is reached if it is a host: a resolved neighbour where the VM's own choice of a route is the link
    /// that the neighbour is on. A forged ARP packet makes a neighbour of any address, but no route to it.
    private func hostCandidate(_ address: IPv4Address) -> HostTable.Host? {
        guard !addresses.isOwn(address),
            let path = prefixes.longestMatch(of: PrefixKey(host: address), { choice(of: $0) }),
            case .onLink(let candidates) = paths.outcome(path)
        else { return nil }
        for index in candidates {
            let key = NeighbourKey(linkIndex: index, address: address)
            if let port = links.ports[index], let linkAddress = neighbours.linkAddress(of: key) {
                return HostTable.Host(linkIndex: index, port: port, linkAddress: linkAddress)
            }
        }
        return nil
    }

    /// True if the VM's default route leads out of the interface with this name.
    func isDefaultRoute(through name: String) -> Bool {
        guard let choice = choice(of: prefixes[.default]?.alternatives ?? .none),
            let link = links.links.values.first(where: { $0.name == name })
        else { return false }
        return paths.links(of: choice).contains(link.index)
    }

    // MARK: Neighbours

    private mutating func settleNeighbours() -> [NeighbourCommand] {
        let keys = touchedNeighbours + paths.takeTouchedGateways()
        touchedNeighbours.removeAll(keepingCapacity: true)
        guard isComplete else { return [] }
        var seen: Set<NeighbourKey> = []
        return keys.compactMap { key in
            guard seen.insert(key).inserted else { return nil }
            return care.command(
                for: key, neighbours.entries[key],
                isInUse: paths.isGateway(key) || hosts.hosts[key.address]?.linkIndex == key.linkIndex,
                isLinkLive: links.isLive(key.linkIndex) && links.ports[key.linkIndex] != nil)
        }
    }

    // MARK: Log

    private mutating func noteRefused(_ address: IPv4Address) {
        guard let count = tally.count("host refused") else { return }
        notes.append(
            LogLine(
                .warning, "the limit of hosts is reached: packets to others go through the VM",
                ["address": address, "limit": hosts.limit, "count": count]))
    }

    private mutating func noteHeld(_ spec: PathSpec, _ obstacle: String) {
        guard let count = tally.count("route held") else { return }
        let nextHop = spec.nextHops.first?.gateway.map { "\($0)" } ?? "-"
        notes.append(
            LogLine(
                .notice, "routes are held: \(obstacle)",
                ["next_hop": nextHop, "nexthop_id": spec.nexthopID ?? 0, "count": count]))
    }
}
