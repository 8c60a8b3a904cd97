import NetTypes
import Netlink
import RFLib

/// The mirror explained to people: what is known of the way to one address.
extension KernelMirror {
    /// The kernel's route for an address; nil if it has none.
    func route(to address: IPv4Address) -> ClientReport.Route? {
        let found = prefixes.longestMatch(of: PrefixKey(host: address)) { alternatives in
            choice(of: alternatives).flatMap { path in
                alternatives.list.first { $0.path == path }
            }
        }
        guard let found, let spec = paths.spec(found.path) else { return nil }
        let context = PathContext(links: links, neighbours: neighbours, nexthops: nexthops)
        let resolution = Resolution(of: spec, in: context)
        let legs = Resolution.legs(of: spec, context) ?? []
        return ClientReport.Route(
            prefix: prefix(of: found, to: address), metric: found.priority, type: Self.name(of: spec.type),
            nextHops: spec.type == .unicast ? legs.map(describe) : [], obstacle: resolution.obstacle)
    }

    private func prefix(of alternative: Alternative, to address: IPv4Address) -> IPPrefix {
        address.networks.first { prefix in
            PrefixKey(prefix).flatMap { prefixes[$0]?.alternatives.list.contains(alternative) } ?? false
        } ?? .ipv4Default
    }

    private func describe(_ leg: NextHop) -> ClientReport.NextHop {
        let entry = leg.gateway?.v4.flatMap {
            neighbours.entries[NeighbourKey(linkIndex: leg.linkIndex, address: $0)]
        }
        return ClientReport.NextHop(
            gateway: leg.gateway, interface: links.links[leg.linkIndex]?.name ?? "interface \(leg.linkIndex)",
            isLive: leg.isUsable && links.isLive(leg.linkIndex), linkAddress: entry?.linkAddress,
            state: entry?.description ?? "")
    }

    /// The address as a neighbour of a data port, if it is one.
    func neighbour(_ address: IPv4Address) -> ClientReport.NextHop? {
        for index in links.ports.keys.sorted() {
            if let entry = neighbours.entries[NeighbourKey(linkIndex: index, address: address)] {
                return ClientReport.NextHop(
                    gateway: .v4(address), interface: links.links[index]?.name ?? "",
                    isLive: links.isLive(index),
                    linkAddress: entry.linkAddress, state: entry.description)
            }
        }
        return nil
    }

    /// What is said of the longest prefix that holds an address.
    func word(on address: IPv4Address) -> PrefixWord? {
        for prefix in address.networks {
            if let forwarding = PrefixKey(prefix).flatMap({ prefixes[$0]?.winner.forwarding }) {
                return PrefixWord(prefix: prefix, forwarding: forwarding)
            }
        }
        return nil
    }

    private static func name(of type: RouteType) -> String {
        switch type {
        case .unicast: "unicast"
        case .blackhole: "blackhole"
        case .unreachable: "unreachable"
        case .prohibit: "prohibit"
        case .throw: "throw"
        default: "type \(type.rawValue)"
        }
    }
}

extension NeighbourTable.Entry: CustomStringConvertible {
    /// The state as `ip neigh` names it.
    var description: String {
        let names: [(NeighbourState, String)] = [
            (.incomplete, "INCOMPLETE"), (.reachable, "REACHABLE"), (.stale, "STALE"), (.delay, "DELAY"),
            (.probe, "PROBE"), (.failed, "FAILED"), (.noARP, "NOARP"), (.permanent, "PERMANENT"),
        ]
        return names.first { state.contains($0.0) }?.1 ?? "NONE"
    }
}
