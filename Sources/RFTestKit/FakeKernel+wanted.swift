public import NetTypes
import Netlink
public import RFLib

extension FakeKernel {
    /// What rfserver should know of the VM's prefixes, worked out from the tables by the letter of the design
    /// (section 5, the table of kinds), one prefix after the other.
    public func wanted(vmID: VMID, management: String) -> [IPPrefix: Forwarding] {
        let view = View(kernel: self, vmID: vmID, management: management)
        var candidates = Set(routes.keys)
        candidates.formUnion(addresses.map { IPPrefix(host: $0.address) })
        candidates.formUnion(neighbours.values.map { IPPrefix(host: $0.address) })
        var wanted: [IPPrefix: Forwarding] = [:]
        for prefix in candidates where prefix.address.v4 != nil { wanted[prefix] = view.winner(prefix) }
        return wanted
    }
}

/// The kernel's tables with the questions that the design asks of them.
private struct View {
    let kernel: FakeKernel
    let vmID: VMID
    let management: String

    func winner(_ prefix: IPPrefix) -> Forwarding? {
        if prefix.isHost, isLocal(prefix.address) { return Forwarding(.local) }
        guard let choice = choice(prefix) else { return host(prefix) }
        switch choice.type {
        case .blackhole: return Forwarding(.blackhole)
        case .unicast: break
        default: return Forwarding(.punt)
        }
        if isBlackholeObject(choice) { return Forwarding(.blackhole) }
        let legs = liveLegs(choice).filter { port($0.linkIndex) != nil }
        guard !legs.isEmpty else {
            let isManagements = liveLegs(choice).allSatisfy { kernel.links[$0.linkIndex]?.name == management }
            return isManagements ? nil : Forwarding(.punt)
        }
        for leg in legs where leg.encapsulation == nil {
            if let gateway = leg.gateway, let port = port(leg.linkIndex),
                let address = resolved(gateway, on: leg.linkIndex)
            {
                return Forwarding(.route, port: port, destination: address)
            }
        }
        return host(prefix) ?? Forwarding(.punt)
    }

    private func host(_ prefix: IPPrefix) -> Forwarding? {
        guard prefix.isHost, !kernel.addresses.contains(where: { $0.address == prefix.address }),
            let best = kernel.routes.keys.filter({ $0.contains(prefix.address) && choice($0) != nil })
                .max(by: { $0.length < $1.length }),
            let route = choice(best), route.type == .unicast
        else { return nil }
        let legs = liveLegs(route).filter { port($0.linkIndex) != nil && $0.encapsulation == nil }
        // If the route is used through a gateway, the subnet is not on the link.
        if legs.contains(where: { leg in leg.gateway.flatMap { resolved($0, on: leg.linkIndex) } != nil }) {
            return nil
        }
        for leg in legs where leg.gateway == nil {
            if let port = port(leg.linkIndex), let address = resolved(prefix.address, on: leg.linkIndex) {
                return Forwarding(.host, port: port, destination: address)
            }
        }
        return nil
    }

    private func choice(_ prefix: IPPrefix) -> Route? {
        kernel.routes[prefix]?.first {
            $0.type != .unicast || isBlackholeObject($0) || !liveLegs($0).isEmpty
        }
    }

    private func isBlackholeObject(_ route: Route) -> Bool {
        route.nexthopID.map { kernel.nexthops[$0]?.target == .blackhole } ?? false
    }

    private func liveLegs(_ route: Route) -> [NextHop] {
        let legs = route.nexthopID.map { kernel.legs(of: $0) } ?? route.nextHops
        return legs.filter { $0.isUsable && kernel.isLive($0.linkIndex) }
    }

    private func resolved(_ address: IPAddress, on linkIndex: UInt32) -> MACAddress? {
        guard address.v4 != nil,
            let neighbour = kernel.neighbours[FakeKernel.NeighbourID(linkIndex, address)],
            neighbour.isValid, neighbour.state != .noARP, let linkAddress = neighbour.linkAddress,
            linkAddress != .zero, !linkAddress.isMulticast, linkAddress != vmID.dataAddress
        else { return nil }
        return linkAddress
    }

    private func isLocal(_ address: IPAddress) -> Bool {
        kernel.addresses.contains { own in
            own.address == address
                && (port(own.linkIndex) != nil
                    || kernel.links[own.linkIndex]?.isLoopback == true && address.v4?.isLoopback == false)
        }
    }

    /// The number of a data port.
    private func port(_ linkIndex: UInt32) -> UInt16? {
        guard let link = kernel.links[linkIndex], let number = number(link) else { return nil }
        let rivals = kernel.links.values.filter { self.number($0) == number }
        return rivals.contains { $0.name < link.name } ? nil : number
    }

    private func number(_ link: Link) -> UInt16? {
        guard link.name != management, !link.isLoopback, link.address != nil,
            let match = link.name.wholeMatch(of: /[A-Za-z]+([1-9][0-9]{0,2})/), let number = UInt16(match.1)
        else { return nil }
        return number <= 255 ? number : nil
    }
}
