import NetTypes
import OpenFlow
import RFLib

/// How many may be connected. OpenFlow 1.0 over TCP knows nobody: whoever reaches the port may connect, as often as it likes,
/// and a switch that is needed has to get in all the same.
extension ProxyCore {
    /// Connections that have not said yet which datapath they are, from anywhere and from one source.
    static var mostStrangers: Int { 256 }
    static var mostStrangersOfSource: Int { 64 }
    /// Datapaths that are connected.
    static var mostSwitches: Int { 1024 }
    /// All that may be connected at once.
    static var mostConnections: Int { mostStrangers + mostSwitches }

    /// There is a new connection. Where there are too many that say nothing, the oldest goes: it has had more time than a switch
    /// needs. Beyond the bound of all it is one of the source that has most, so that no source is crowded out by another.
    mutating func boundStrangers(with new: SessionID, at now: Instant) {
        let strangers = sessions.values.filter { $0.datapath == nil }
        let sources = Dictionary(grouping: strangers) { Source($0.peer) }
        let own = sources[Source(sessions[new]?.peer)] ?? []
        if own.count > Self.mostStrangersOfSource {
            closeOldest(of: own, "was the oldest of too many from one address", at: now)
        } else if strangers.count > Self.mostStrangers {
            let crowd = sources.values.max { $0.count < $1.count } ?? own
            closeOldest(of: crowd, "was the oldest of too many", at: now)
        }
    }

    private mutating func closeOldest(of crowd: [SwitchSession], _ reason: String, at now: Instant) {
        guard let oldest = crowd.map(\.id).min(by: { $0.rawValue < $1.rawValue }) else { return }
        close(oldest, reason, at: now)
    }

    /// A connection has said which datapath it is. Where there are too many, one makes room of which rfserver has said neither a
    /// route nor whose ports it has: it may be anybody. Returns false if there is none, and the new one has to go.
    mutating func boundSwitches(at now: Instant) -> Bool {
        let connected = datapaths.values.filter { $0.session != nil }
        guard connected.count >= Self.mostSwitches else { return true }
        let mapped = Set(shuttle.known.ports.map(\.datapath))
        let idle = connected.filter {
            !$0.id.isVirtualSwitch && !$0.table.hasRoutes && !mapped.contains($0.id)
        }.compactMap(\.session)
        guard let oldest = idle.min(by: { $0.rawValue < $1.rawValue }) else { return false }
        close(oldest, "made room for another switch, since nothing is routed over it", at: now)
        return true
    }

    /// True if the connection has said which datapath it is.
    func isIntroduced(_ id: SessionID) -> Bool { sessions[id]?.datapath != nil }
}

/// Whom connections are counted against: an address, or the network of an IPv6 host, which has addresses without end.
private struct Source: Hashable {
    private let network: IPPrefix?

    init(_ peer: IPAddress?) {
        network = peer.flatMap { IPPrefix($0, length: $0.v4 == nil ? 64 : 32) }
    }
}
