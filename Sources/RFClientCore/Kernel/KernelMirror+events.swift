import Logging
import NetTypes
import Netlink
import RFLib

extension KernelMirror {
    /// Takes what the kernel says.
    mutating func apply(_ event: NetlinkEvent) {
        switch event {
        case .link(let link): linksChanged(links.update(link))
        case .linkRemoved(let index): linksChanged(links.remove(index))
        case .address(let address): addressEvent(addresses.add(address))
        case .addressRemoved(let address): addressEvent(addresses.remove(address))
        case .route(let route, let change): add(route, change)
        case .routeRemoved(let route): remove(route)
        case .nexthop(let object, _): update(object)
        case .nexthopRemoved(let id):
            removeNexthop(id)
            // The routes that named it are gone without a word; others may be, through groups.
            doubtful.insert(.routes)
        case .neighbour(let neighbour): neighbourChanged(neighbours.update(neighbour))
        case .neighbourRemoved(let neighbour):
            let removed = neighbours.remove(neighbour)
            if let removed { care.forget(removed.key) }
            neighbourChanged(removed)
        case .dumpBegan(let kind): beginDump(of: kind)
        case .dumpEnded(let kind): endDump(of: kind)
        case .dumpFailed(let kind, _): abandonDump(of: kind)
        case .overrun: break
        }
    }

    private mutating func beginDump(of kind: DumpKind) {
        switch kind {
        case .links: links.beginDump()
        case .addresses: addresses.beginDump()
        case .nexthops: nexthopSweep.begin(nexthops.keys)
        case .routes: routeDump.begin()
        case .neighbours: neighbours.beginDump()
        }
    }

    private mutating func endDump(of kind: DumpKind) {
        switch kind {
        case .links: linksChanged(links.endDump())
        case .addresses: for address in addresses.endDump() { addressChanged(address) }
        case .nexthops: for id in nexthopSweep.end().sorted() { removeNexthop(id) }
        case .routes: endRouteDump()
        case .neighbours:
            for gone in neighbours.endDump() {
                care.forget(gone.key)
                neighbourChanged(gone)
            }
        }
    }

    private mutating func abandonDump(of kind: DumpKind) {
        switch kind {
        case .links: links.abandonDump()
        case .addresses: addresses.abandonDump()
        case .nexthops: nexthopSweep.abandon()
        case .routes: failRouteDump()
        case .neighbours: neighbours.abandonDump()
        }
        // What changes without a word to its routes was to be followed by a dump of them.
        if kind == .links || kind == .addresses { doubtful.formUnion([.nexthops, .routes]) }
    }

    /// All tables are known for the first time.
    mutating func complete() {
        isComplete = true
        isSetUpTouched = true
        touchedNeighbours += neighbours.entries.keys.sorted()
        touchedNeighbours += paths.gateways
    }

    /// The kernel refused a command. Returns true if it is worth another try later.
    mutating func refuse(_ command: NeighbourCommand) -> Bool { care.refuse(command) }

    /// The commands that were refused are due again.
    mutating func retryRefused() { touchedNeighbours += care.takeRefused() }

    // MARK: Links, addresses, neighbours

    private mutating func linksChanged(_ change: LinkTable.Change) {
        for index in change.links {
            paths.touch(link: index)
            touchedHosts += neighbours.keys(on: index).map(\.address)
            touchedNeighbours += neighbours.keys(on: index)
        }
        if !change.links.isEmpty {
            touchedPrefixes += addresses.addresses.sorted().map { PrefixKey(host: $0) }
        }
        if change.mayHideRoutes { doubtful.formUnion([.nexthops, .routes]) }
        if change.isOfPorts {
            isRegistrationTouched = true
            isSetUpTouched = true
        }
        for name in change.shadowed {
            notes.append(
                LogLine(
                    .warning, "an interface has the number of another data port, and is left out",
                    ["interface": name]))
        }
    }

    private mutating func addressChanged(_ address: IPv4Address) {
        touchedPrefixes.append(PrefixKey(host: address))
        touchedHosts.append(address)
        isSetUpTouched = true
    }

    private mutating func addressEvent(_ address: IPv4Address?) {
        guard let address else { return }
        addressChanged(address)
        // With its last address an interface loses all routes, and with the first it gets legs of multipath routes back,
        // without a word. After a dump of the addresses comes one of the routes anyway.
        if !addresses.isDumping { doubtful.formUnion([.nexthops, .routes]) }
    }

    private mutating func neighbourChanged(_ change: (key: NeighbourKey, isMoved: Bool)?) {
        guard let change else { return }
        touchedNeighbours.append(change.key)
        guard change.isMoved else { return }
        paths.touch(neighbour: change.key)
        touchedHosts.append(change.key.address)
    }

    // MARK: Nexthop objects

    private mutating func update(_ object: NexthopObject) {
        nexthopSweep.named(object.id)
        guard nexthops[object.id] != object else { return }
        nexthops[object.id] = object
        paths.touch(nexthop: object.id)
    }

    /// The kernel removes the routes that name a nexthop object with it, and says nothing of them.
    private mutating func removeNexthop(_ id: UInt32) {
        nexthopSweep.named(id)
        nexthops[id] = nil
        for (path, keys) in paths.prefixes(naming: id) {
            for key in keys {
                let list = prefixes[key]?.alternatives.list ?? []
                setAlternatives(of: key, Alternatives(list.filter { $0.path != path }))
            }
        }
        paths.touch(nexthop: id)
    }
}
