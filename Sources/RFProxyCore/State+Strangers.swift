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
    /// Ports of the idle datapaths that are connected, all together: rfserver has a row for each.
    static var mostIdlePorts: Int { 128 * mostSwitches }
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

    /// A connection has said which datapath it is. Where there are too many, an idle one makes room, of the source that has most.
    /// Returns false if there is none, and the new one has to go.
    mutating func boundSwitches(at now: Instant) -> Bool {
        let count = datapaths.values.reduce(0) { $1.session == nil ? $0 : $0 + 1 }
        guard count >= Self.mostSwitches else { return true }
        guard let crowd = idleCrowds.max(by: { $0.count < $1.count }) else { return false }
        closeOldest(of: crowd, "made room for another switch, since nothing is routed over it", at: now)
        return true
    }

    /// A datapath has said which ports it has. Where idle ones have too many together, some make room: of the source that has most
    /// ports the one that came first; or last, while rfserver has yet to say which are not idle.
    mutating func boundIdlePorts(at now: Instant) {
        let all = datapaths.values.reduce(0) { $1.session == nil ? $0 : $0 + $1.ports.count }
        guard all > Self.mostIdlePorts else { return }
        while true {
            let crowds = idleCrowds.map { (sessions: $0, ports: $0.reduce(0) { $0 + ports(of: $1) }) }
            guard crowds.reduce(0, { $0 + $1.ports }) > Self.mostIdlePorts,
                let crowd = crowds.max(by: { $0.ports < $1.ports })?.sessions
            else { return }
            let reason = "made room for the ports of others, since nothing is routed over it"
            if hasServerState {
                closeOldest(of: crowd, reason, at: now)
            } else if let newest = crowd.map(\.id).max(by: { $0.rawValue < $1.rawValue }) {
                close(newest, reason, at: now)
            }
        }
    }

    private func ports(of session: SwitchSession) -> Int {
        session.datapath.flatMap { datapaths[$0]?.ports.count } ?? 0
    }

    /// Some switches have said more flows. Idle ones share what there is, since all that they have is only to be deleted: who has most
    /// goes.
    mutating func boundFlows(at now: Instant) {
        guard !grown.isEmpty else { return }
        for id in grown where datapaths[id]?.table.auditSize ?? 0 > settings.mostFlows {
            if let session = datapaths[id]?.session { close(session, "has too many flows", at: now) }
        }
        grown.removeAll(keepingCapacity: true)
        var sizes: [SessionID: Int] = [:]
        for datapath in datapaths.values where isIdle(datapath.id) {
            if let session = datapath.session { sizes[session] = datapath.table.auditSize }
        }
        var size = sizes.values.reduce(0, +)
        while size > settings.mostIdleFlows, let largest = sizes.max(by: { $0.value < $1.value }) {
            close(largest.key, "has too many flows", at: now)
            sizes[largest.key] = nil
            size -= largest.value
        }
    }

    /// True for a datapath of which rfserver has said neither a route nor whose ports it has: it may be anybody's.
    func isIdle(_ id: DatapathID) -> Bool { !isRouted(id) && !shuttle.known.names(id) }

    /// True for the connection of such a datapath, and for one that has not said which it is.
    func isIdle(_ id: SessionID) -> Bool { sessions[id]?.datapath.map(isIdle) ?? true }

    /// The connections of idle datapaths, by where they come from.
    private var idleCrowds: [[SwitchSession]] {
        let idle = datapaths.values.filter { isIdle($0.id) }.compactMap {
            $0.session.flatMap { sessions[$0] }
        }
        return Array(Dictionary(grouping: idle) { Source($0.peer) }.values)
    }

    /// True if the connection has said which datapath it is.
    func isIntroduced(_ id: SessionID) -> Bool { sessions[id]?.datapath != nil }
}

/// Whom connections are counted against: an address, or the network of an IPv6 host, which has addresses without end.
struct Source: Hashable {
    private let network: IPPrefix?

    init(_ peer: IPAddress?) {
        network = peer.flatMap { IPPrefix($0, length: $0.v4 == nil ? 64 : 32) }
    }
}
