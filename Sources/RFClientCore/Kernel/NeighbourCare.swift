import NetTypes
import Netlink

/// What the kernel is to do about a neighbour.
public enum NeighbourCommand: Hashable, Codable, Sendable {
    /// Resolve it, and keep it fresh: the packets to it bypass the VM, so that it looks idle.
    case manage(NeighbourKey)
    /// It is like any other from now on.
    case unmanage(NeighbourKey)
    /// Resolve it once more.
    case probe(NeighbourKey)
    /// Forget it.
    case delete(NeighbourKey)

    /// The neighbour.
    public var key: NeighbourKey {
        switch self {
        case .manage(let key), .unmanage(let key), .probe(let key), .delete(let key): key
        }
    }
}

/// Sees to it that the kernel keeps fresh the neighbours in use, and only those.
struct NeighbourCare: Sendable {
    /// The neighbours that the kernel has been asked to manage, and that it has not yet said it does.
    private var asked: Set<NeighbourKey> = []
    /// The neighbours that the kernel refused to manage.
    private var refused: Set<NeighbourKey> = []

    private let canManage: Bool

    /// - Parameter canManage: false for kernels before 5.16: they are asked for one probe each time that an entry grows old.
    init(canManage: Bool) {
        self.canManage = canManage
    }

    /// Decides about one neighbour.
    /// - Parameters:
    ///   - entry: the kernel's entry, nil if it has none.
    ///   - isInUse: whether it is a host with a flow, or the next hop of a route.
    ///   - isLinkLive: whether its interface is a data port that can send.
    mutating func command(
        for key: NeighbourKey, _ entry: NeighbourTable.Entry?, isInUse: Bool, isLinkLive: Bool
    ) -> NeighbourCommand? {
        guard isLinkLive else {
            // The kernel forgets the neighbours of an interface that goes down: asked again when it is back.
            forget(key)
            return nil
        }
        if entry?.isManaged == true { asked.remove(key) }
        guard isInUse else {
            let wasOurs = asked.remove(key) != nil || entry?.isManaged == true
            refused.remove(key)
            guard wasOurs, let entry else { return nil }
            return entry.state.contains(.failed) ? .delete(key) : .unmanage(key)
        }
        if entry?.isManaged == true || refused.contains(key) { return nil }
        if asked.insert(key).inserted { return .manage(key) }
        return !canManage && entry?.state == .stale ? .probe(key) : nil
    }

    /// The entry is gone.
    mutating func forget(_ key: NeighbourKey) {
        asked.remove(key)
        refused.remove(key)
    }

    /// The kernel refused a command. Returns true if it is to be tried again later.
    mutating func refuse(_ command: NeighbourCommand) -> Bool {
        guard case .manage(let key) = command, asked.remove(key) != nil else { return false }
        refused.insert(key)
        return true
    }

    /// What was refused may be asked again. Returns those neighbours.
    mutating func takeRefused() -> [NeighbourKey] {
        defer { refused.removeAll() }
        return refused.sorted()
    }
}
