public import NetTypes
import Netlink

/// Which neighbour: an address is known on one interface, and may be known on another with another MAC address.
public struct NeighbourKey: Hashable, Codable, Sendable {
    /// The interface that the neighbour is behind.
    public var linkIndex: UInt32
    /// Its IP address.
    public var address: IPv4Address

    /// Names a neighbour.
    public init(linkIndex: UInt32, address: IPv4Address) {
        self.linkIndex = linkIndex
        self.address = address
    }
}

extension NeighbourKey: Comparable {
    /// By address, then by interface.
    public static func < (left: Self, right: Self) -> Bool {
        (left.address, left.linkIndex) < (right.address, right.linkIndex)
    }
}

/// The kernel's IPv4 neighbours, by key, and in the order of their addresses for those that can be sent to.
struct NeighbourTable: Sendable {
    /// What counts of a neighbour.
    struct Entry: Equatable, Sendable {
        /// Where to send; nil if the neighbour is not resolved, or not to anything that a switch may send to.
        var linkAddress: MACAddress?
        var state: NeighbourState
        var isManaged: Bool
    }

    private(set) var entries: [NeighbourKey: Entry] = [:]
    private let ownAddress: MACAddress
    /// Of the resolved ones, the address in the upper half and the interface in the lower, in ascending order.
    private var resolved: [UInt64] = []
    private var sweep = Sweep<NeighbourKey>()

    /// - Parameter ownAddress: the address of the VM's own data ports, which no neighbour can have: packets sent there
    ///   would come back.
    init(ownAddress: MACAddress) {
        self.ownAddress = ownAddress
    }

    func linkAddress(of key: NeighbourKey) -> MACAddress? { entries[key]?.linkAddress }

    /// The resolved neighbours whose address is in the prefix.
    func resolved(in prefix: PrefixKey) -> some Collection<UInt64> {
        guard !resolved.isEmpty else { return resolved[..<0] }
        let begin = place(of: UInt64(prefix.first.rawValue) << 32)
        let end = place(of: UInt64(prefix.last.rawValue) << 32 | UInt64(UInt32.max), from: begin)
        return resolved[begin..<end]
    }

    /// The known neighbours behind an interface.
    func keys(on linkIndex: UInt32) -> [NeighbourKey] {
        entries.keys.filter { $0.linkIndex == linkIndex }.sorted()
    }

    /// Returns the key, and whether where to send has changed; nil if the event is of no interest.
    mutating func update(_ neighbour: Neighbour) -> (key: NeighbourKey, isMoved: Bool)? {
        // An entry of the proxy table has the key of a neighbour without being one.
        guard !neighbour.flags.contains(.proxy), let key = NeighbourKey(neighbour) else { return nil }
        sweep.named(key)
        let entry = Entry(
            linkAddress: linkAddress(of: neighbour), state: neighbour.state, isManaged: neighbour.isManaged)
        return (key, set(key, entry))
    }

    /// Returns as `update`.
    mutating func remove(_ neighbour: Neighbour) -> (key: NeighbourKey, isMoved: Bool)? {
        guard !neighbour.flags.contains(.proxy), let key = NeighbourKey(neighbour) else { return nil }
        sweep.named(key)
        return (key, set(key, nil))
    }

    mutating func beginDump() { sweep.begin(entries.keys) }

    mutating func abandonDump() { sweep.abandon() }

    /// Returns as `update` for each that is gone.
    mutating func endDump() -> [(key: NeighbourKey, isMoved: Bool)] {
        sweep.end().sorted().map { ($0, set($0, nil)) }
    }

    private func linkAddress(of neighbour: Neighbour) -> MACAddress? {
        guard neighbour.isValid, !neighbour.state.contains(.noARP), let address = neighbour.linkAddress,
            !address.isMulticast, address != .zero, address != ownAddress
        else { return nil }
        return address
    }

    private mutating func set(_ key: NeighbourKey, _ entry: Entry?) -> Bool {
        let old = linkAddress(of: key)
        entries[key] = entry
        let new = entry?.linkAddress
        let number = UInt64(key.address.rawValue) << 32 | UInt64(key.linkIndex)
        switch (old, new) {
        case (nil, .some): resolved.insert(number, at: place(of: number))
        case (.some, nil): resolved.remove(at: place(of: number))
        default: break
        }
        return old != new
    }

    /// The first place whose number is not below this one.
    private func place(of number: UInt64, from start: Int = 0) -> Int {
        var low = start
        var high = resolved.count
        while low < high {
            let middle = (low + high) / 2
            if resolved[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension NeighbourKey {
    /// Nil for what can be no host: other versions of IP, groups, and 0.0.0.0.
    fileprivate init?(_ neighbour: Neighbour) {
        guard let address = neighbour.address.v4, !address.isMulticast, address.rawValue != 0 else {
            return nil
        }
        self.init(linkIndex: neighbour.linkIndex, address: address)
    }
}
