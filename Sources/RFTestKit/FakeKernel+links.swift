public import NetTypes
public import Netlink

extension FakeKernel {
    /// An interface comes, switched on and with a carrier.
    public mutating func addLink(
        _ index: UInt32, _ name: String, _ address: MACAddress?, flags: LinkFlags = [.up, .running, .lowerUp]
    ) {
        guard !links.values.contains(where: { $0.index == index || $0.name == name }) else { return }
        links[index] = Link(index: index, name: name, address: address, flags: flags)
        sayLink(index)
    }

    /// An interface goes, and all that is on it.
    public mutating func removeLink(_ index: UInt32) {
        guard links[index] != nil else { return }
        flush(index, isCarrierOnly: false)
        for address in addresses where address.linkIndex == index { events.append(.addressRemoved(address)) }
        addresses.removeAll { $0.linkIndex == index }
        links[index] = nil
        events.append(.linkRemoved(index: index))
    }

    /// An interface gets another address.
    public mutating func setLinkAddress(_ index: UInt32, _ address: MACAddress) {
        guard links[index] != nil else { return }
        links[index]?.address = address
        sayLink(index)
        forgetNeighbours(of: index)
    }

    /// Switches an interface on or off.
    public mutating func setUp(_ index: UInt32, _ isUp: Bool) {
        guard let link = links[index], link.isUp != isUp else { return }
        if isUp {
            links[index]?.flags.formUnion([.up, .running, .lowerUp])
            sayLink(index)
            clear([.dead, .linkDown], on: index)
            for address in addresses where address.linkIndex == index { addConnected(address) }
        } else {
            links[index]?.flags.subtract([.up, .running, .lowerUp])
            sayLink(index)
            flush(index, isCarrierOnly: false)
        }
    }

    /// Gives an interface a carrier, or takes it.
    public mutating func setCarrier(_ index: UInt32, _ hasCarrier: Bool) {
        guard let link = links[index], link.isUp, link.hasCarrier != hasCarrier else { return }
        if hasCarrier {
            links[index]?.flags.formUnion([.running, .lowerUp])
            sayLink(index)
            clear(.linkDown, on: index)
        } else {
            links[index]?.flags.subtract([.running, .lowerUp])
            sayLink(index)
            flush(index, isCarrierOnly: true)
        }
    }

    private mutating func sayLink(_ index: UInt32) {
        if let link = links[index] { events.append(.link(link)) }
    }

    private mutating func forgetNeighbours(of index: UInt32) {
        for id in neighbours.keys.filter({ $0.linkIndex == index }).sorted(by: { $0.address < $1.address }) {
            forget(id.address, on: index)
        }
    }

    // MARK: What the kernel does without a word

    /// Nexthop objects go with their interface, or its carrier, and routes with them. Legs of routes die; a route without
    /// a leg that is alive goes when the interface was switched off.
    private mutating func flush(_ index: UInt32, isCarrierOnly: Bool) {
        for (id, object) in nexthops {
            if case .nextHop(let nextHop) = object.target, nextHop.linkIndex == index {
                dropNexthop(id, isSilent: true)
            }
        }
        killLegs(on: index, isCarrierOnly ? .linkDown : .dead)
        forgetNeighbours(of: index)
    }

    private mutating func killLegs(on index: UInt32, _ flag: NextHopFlags) {
        for (prefix, list) in routes {
            routes[prefix] = list.compactMap { route in
                guard route.nexthopID == nil, route.nextHops.contains(where: { $0.linkIndex == index })
                else { return route }
                var route = route
                for leg in route.nextHops.indices where route.nextHops[leg].linkIndex == index {
                    route.nextHops[leg].flags.insert(flag)
                }
                let isAlive = route.nextHops.contains { !$0.flags.contains(.dead) }
                return isAlive ? route : nil
            }
            if routes[prefix]?.isEmpty == true { routes[prefix] = nil }
        }
    }

    private mutating func clear(_ flags: NextHopFlags, on index: UInt32) {
        for (prefix, list) in routes {
            routes[prefix] = list.map { route in
                var route = route
                for leg in route.nextHops.indices where route.nextHops[leg].linkIndex == index {
                    route.nextHops[leg].flags.subtract(flags)
                }
                return route
            }
        }
    }

    // MARK: Addresses

    /// An interface gets an address, and a route to its network.
    public mutating func addAddress(_ address: IPAddress, _ length: Int, on index: UInt32) {
        let new = InterfaceAddress(linkIndex: index, address: address, prefixLength: UInt8(length))
        guard links[index] != nil, !addresses.contains(new) else { return }
        addresses.append(new)
        events.append(.address(new))
        if isUp(index) {
            addConnected(new)
            clear(.dead, on: index)
        }
    }

    /// An interface loses an address. With the last one go all routes on it, without a word.
    public mutating func removeAddress(_ address: IPAddress, _ length: Int, on index: UInt32) {
        let old = InterfaceAddress(linkIndex: index, address: address, prefixLength: UInt8(length))
        guard let place = addresses.firstIndex(of: old) else { return }
        addresses.remove(at: place)
        events.append(.addressRemoved(old))
        let left = addresses.filter { $0.linkIndex == index }
        if !left.contains(where: { $0.network == old.network }), let route = connected(old) {
            removeRoute(route)
        }
        if left.isEmpty { killLegs(on: index, .dead) }
    }

    private mutating func addConnected(_ address: InterfaceAddress) {
        guard let route = connected(address) else { return }
        let isKnown = routes[route.prefix, default: []].contains {
            $0.nextHops == route.nextHops && $0.scope == .link
        }
        if !isKnown { addRoute(route, .append) }
    }

    /// The route to an address's network. That of the loopback interface is in another table, with the VM's own addresses.
    private func connected(_ address: InterfaceAddress) -> Route? {
        guard let network = address.network, !network.isHost,
            links[address.linkIndex]?.isLoopback == false
        else { return nil }
        return Route(
            prefix: network, origin: .kernel, scope: .link,
            nextHops: [NextHop(linkIndex: address.linkIndex, flags: flags(of: address.linkIndex))])
    }

    func isUp(_ index: UInt32) -> Bool { links[index]?.isUp ?? false }

    /// The flags of a leg through an interface that is switched on.
    func flags(of index: UInt32) -> NextHopFlags { isLive(index) ? [] : .linkDown }
}
