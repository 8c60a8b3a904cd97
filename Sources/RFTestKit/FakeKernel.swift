public import NetTypes
public import Netlink

/// A model of the kernel's network tables: slow, straightforward, and as silent as the real one.
///
/// Orders change the tables and leave events to be taken; some deletions leave none, as in Linux. `dump` answers like a
/// `NetlinkMonitor`. `FakeKernel+wanted.swift` works out from the tables what a VM's rfserver should know.
public struct FakeKernel: Sendable {
    /// The interfaces by index.
    public internal(set) var links: [UInt32: Link] = [:]
    /// The addresses of all interfaces.
    public internal(set) var addresses: [InterfaceAddress] = []
    /// The main table: the routes of each prefix in the kernel's order.
    public internal(set) var routes: [IPPrefix: [Route]] = [:]
    /// The nexthop objects by number.
    public internal(set) var nexthops: [UInt32: NexthopObject] = [:]
    /// The neighbours.
    public internal(set) var neighbours: [NeighbourID: Neighbour] = [:]
    var events: [NetlinkEvent] = []

    /// Which neighbour.
    public struct NeighbourID: Hashable, Sendable {
        /// The interface.
        public var linkIndex: UInt32
        /// The address.
        public var address: IPAddress

        /// Names a neighbour.
        public init(_ linkIndex: UInt32, _ address: IPAddress) {
            self.linkIndex = linkIndex
            self.address = address
        }
    }

    /// A machine without interfaces.
    public init() {}

    /// Takes what has been said since the last time.
    public mutating func takeEvents() -> [NetlinkEvent] {
        defer { events = [] }
        return events
    }

    /// Loses what has not been taken, as a full socket buffer does.
    public mutating func overrun() {
        events = [.overrun]
    }

    /// Says whole tables, one after the other.
    public mutating func dump(_ kinds: Set<DumpKind>) {
        for kind in DumpKind.allCases where kinds.contains(kind) {
            events.append(.dumpBegan(kind))
            switch kind {
            case .links: events += links.values.sorted { $0.index < $1.index }.map { .link($0) }
            case .addresses: events += addresses.map { .address($0) }
            case .nexthops:
                events += nexthops.values.sorted { $0.id < $1.id }.map { .nexthop($0, change: []) }
            case .routes:
                for prefix in routes.keys.sorted() {
                    events += routes[prefix, default: []].map { .route($0, change: []) }
                }
            case .neighbours:
                events += neighbours.values
                    .sorted { ($0.address, $0.linkIndex) < ($1.address, $1.linkIndex) }
                    .map { .neighbour($0) }
            }
            events.append(.dumpEnded(kind))
        }
    }

    // MARK: Neighbours

    /// A neighbour is known, or known differently.
    public mutating func learn(
        _ address: IPAddress, on linkIndex: UInt32, at linkAddress: MACAddress?,
        _ state: NeighbourState = .reachable
    ) {
        guard isLive(linkIndex) else { return }
        let id = NeighbourID(linkIndex, address)
        let flags = neighbours[id]?.flags ?? []
        set(
            Neighbour(
                linkIndex: linkIndex, address: address, linkAddress: linkAddress, state: state, flags: flags))
    }

    /// A neighbour's entry goes.
    public mutating func forget(_ address: IPAddress, on linkIndex: UInt32) {
        guard let old = neighbours.removeValue(forKey: NeighbourID(linkIndex, address)) else { return }
        events.append(.neighbourRemoved(old))
    }

    /// Resolves a neighbour and keeps it fresh.
    public mutating func manage(_ address: IPAddress, on linkIndex: UInt32) {
        guard isLive(linkIndex) else { return }
        var neighbour =
            neighbours[NeighbourID(linkIndex, address)]
            ?? Neighbour(linkIndex: linkIndex, address: address, state: .incomplete)
        neighbour.flags = [.managed, .externallyLearned]
        set(neighbour)
    }

    /// Leaves a neighbour to itself.
    public mutating func unmanage(_ address: IPAddress, on linkIndex: UInt32) {
        guard var neighbour = neighbours[NeighbourID(linkIndex, address)] else { return }
        neighbour.flags = []
        set(neighbour)
    }

    private mutating func set(_ neighbour: Neighbour) {
        neighbours[NeighbourID(neighbour.linkIndex, neighbour.address)] = neighbour
        events.append(.neighbour(neighbour))
    }

    /// True if packets can leave by the interface.
    public func isLive(_ linkIndex: UInt32) -> Bool {
        links[linkIndex].map { $0.isUp && $0.hasCarrier } ?? false
    }
}
