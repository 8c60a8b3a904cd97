import NetTypes
import RFLib

/// The rfproxies: which of them have each datapath, which are silent, and which is a datapath's master, the one that writes its
/// flows and passes its packets.
struct Proxies: Sendable {
    /// How long an rfproxy may say nothing before its datapaths go to others. It shows life every second.
    static let patience = Duration.seconds(3)

    /// What each datapath has said of itself, by the rfproxy that it is connected to; virtual switches too.
    private(set) var joins: [DatapathID: [Int32: DatapathJoin]] = [:]
    /// The master of each routed datapath that is, or was, connected.
    private(set) var masters: [DatapathID: Int32]
    /// How often each datapath has moved since the start.
    private var moves: [DatapathID: Int64] = [:]
    private let epoch: Int64
    /// The rfproxies that say nothing.
    private(set) var silent: Set<Int32> = []
    /// The rfproxies that have said their whole state to this rfserver: what they did not name, they do not have.
    private var settled: Set<Int32> = []
    /// The rfproxy that is to have a datapath while it can.
    private let preferred: [DatapathID: Int32]

    /// The masters of an earlier rfserver, which stay what they were.
    /// - Parameter epoch: this incarnation of rfserver.
    init(_ masters: [DatapathID: Int32], preferred: [DatapathID: Int32], epoch: Int64) {
        self.masters = masters
        self.preferred = preferred
        self.epoch = epoch
    }

    /// All that is connected, in order.
    var connected: [DatapathJoin] {
        joins.values.flatMap(\.values).sorted { ($0.dpID.rawValue, $0.ctID) < ($1.dpID.rawValue, $1.ctID) }
    }

    /// True if an rfproxy has this datapath.
    func isConnected(_ dpID: DatapathID) -> Bool { joins[dpID] != nil }

    /// The datapaths that an rfproxy has.
    func datapaths(of ctID: Int32) -> [DatapathID] {
        joins.filter { $0.value[ctID] != nil }.map(\.key)
    }

    /// The ports of a datapath, as the rfproxies say that are not silent.
    func ports(of dpID: DatapathID) -> Set<UInt16> {
        let joins = (joins[dpID] ?? [:]).filter { !silent.contains($0.key) }
        return Set(joins.values.flatMap { $0.ports.map(\.dpPort) })
    }

    /// True if it matters to somebody whether an rfproxy is silent: another could take its place.
    var hasSpares: Bool {
        joins.contains { dpID, joins in
            !dpID.isVirtualSwitch && (joins.count > 1 || joins[masters[dpID] ?? -1] == nil)
        }
    }

    // MARK: Events

    /// A datapath is connected to an rfproxy. Returns what it said there before.
    mutating func join(_ join: DatapathJoin) -> DatapathJoin? {
        joins[join.dpID, default: [:]].updateValue(join, forKey: join.ctID)
    }

    /// A datapath is no longer connected to an rfproxy. False if it was not.
    mutating func leave(_ dpID: DatapathID, _ ctID: Int32) -> Bool {
        guard joins[dpID]?.removeValue(forKey: ctID) != nil else { return false }
        if joins[dpID]?.isEmpty ?? false { joins[dpID] = nil }
        return true
    }

    /// An rfproxy has started anew: the switches of its former life are not connected to it yet. Of those that it is the master
    /// of, nothing is concluded before it has said its whole state. Returns the others.
    mutating func restart(_ ctID: Int32) -> [DatapathID] {
        let others = datapaths(of: ctID).filter { !$0.isVirtualSwitch && masters[$0] != ctID }
        for dpID in others { _ = leave(dpID, ctID) }
        return others
    }

    /// Nobody is a datapath's master any more. Returns who was.
    mutating func forget(_ dpID: DatapathID) -> Int32? {
        moves[dpID] = nil
        return masters.removeValue(forKey: dpID)
    }

    /// An rfproxy has said its whole state.
    mutating func settle(_ ctID: Int32) { settled.insert(ctID) }

    /// An rfproxy has been silent for too long. Returns false if that is known.
    mutating func silence(_ ctID: Int32) -> Bool { silent.insert(ctID).inserted }

    /// An rfproxy says something. Returns true if it was silent.
    mutating func hear(_ ctID: Int32) -> Bool { silent.remove(ctID) != nil }

    // MARK: Who it is

    /// Who is to be a datapath's master now: the one that the operator names, if it can; else the one that is; else any that
    /// can. Where nobody can, nothing changes: forwarding outlives the controllers.
    func successor(for dpID: DatapathID) -> Int32? {
        let able = (joins[dpID] ?? [:]).keys.filter { !silent.contains($0) }
        if let preferred = preferred[dpID], able.contains(preferred) { return preferred }
        if let master = masters[dpID], able.isEmpty || able.contains(master) || isAwaited(master) {
            return master
        }
        return able.min()
    }

    /// True if an rfproxy may yet say that it has what it had: this rfserver has not heard it out.
    private func isAwaited(_ ctID: Int32) -> Bool { !settled.contains(ctID) && !silent.contains(ctID) }

    /// Makes an rfproxy a datapath's master. Returns the former one.
    mutating func set(_ ctID: Int32, for dpID: DatapathID) -> Int32? {
        let former = masters.updateValue(ctID, forKey: dpID)
        if former != nil, former != ctID { moves[dpID, default: 0] += 1 }
        return former
    }

    /// What an rfproxy is told: nil if it is not the master.
    func grant(of dpID: DatapathID, to ctID: Int32) -> DatapathGrant? {
        guard masters[dpID] == ctID else { return nil }
        // 0 until it has moved, so that a restart of rfserver leads to no reading; then what no other rfserver says. What an
        // earlier one has moved is read once more after a restart.
        let turn = moves[dpID].map { epoch << 20 | $0 } ?? 0
        return DatapathGrant(dpID: dpID, ctID: ctID, turn: turn)
    }
}
