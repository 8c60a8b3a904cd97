import NetTypes
import RFLib

/// What rfserver hears of the datapaths' ports, and when.
extension ProxyCore {
    /// New words that may wait for rfserver, of whatever kind, before it is told of no more idle datapaths: each that has gone
    /// meanwhile is one of them.
    private static var mostBacklog: Int { 4 * mostSwitches }

    /// Tells rfserver of the ports of those of which it is time to tell. Idle datapaths take turns: who is ever new switches must
    /// not keep rfserver and the database from all else.
    mutating func tellPorts(of due: [DatapathID], at now: Instant) {
        guard !due.isEmpty else { return }
        boundIdlePorts(at: now)
        var idle: [IdleNews.Candidate] = []
        for datapath in due.compactMap({ datapaths[$0] }) {
            if let id = datapath.session, let session = sessions[id], isIdle(datapath.id) {
                let isKnown = announcements.message(for: .datapath(datapath.id)) != nil
                idle.append(
                    IdleNews.Candidate(
                        id: datapath.id, session: id, source: Source(session.peer),
                        ports: datapath.ports.count,
                        isKnown: isKnown))
            } else {
                tellPorts(of: datapath)
            }
        }
        guard !idle.isEmpty else { return }
        let isBehind = conversation.backlog > Self.mostBacklog
        let admitted = isBehind ? [] : idleNews.admit(idle, at: now)
        let next = isBehind ? now.advanced(by: .seconds(1)) : idleNews.next(at: now)
        for candidate in idle { datapaths[candidate.id]?.portNewsAt = next }
        for id in admitted {
            if let datapath = datapaths[id] { tellPorts(of: datapath) }
        }
    }

    private mutating func tellPorts(of datapath: Datapath) {
        datapaths[datapath.id]?.portNewsAt = nil
        guard datapath.session != nil else { return }
        announce(.datapathJoin(datapath.join(ctID: settings.ctID, epoch: desk.epoch)))
    }
}

/// In what turn, and how often, rfserver is told of idle datapaths.
struct IdleNews: Sendable {
    /// One that waits for its turn.
    struct Candidate {
        let id: DatapathID
        let session: SessionID
        let source: Source
        let ports: Int
        /// False if rfserver has not been told of it at all.
        let isKnown: Bool
    }

    /// In ports: each is a row of rfserver's table.
    private var limit = RateLimit(perSecond: 2500, burst: 16_384)
    /// What a datapath costs beside its ports.
    private static let perDatapath = 32
    /// Which turn was the last of each source, of the last turns: nobody else can have waited for longer.
    private var lastTurns: [Source: UInt64] = [:]
    private var turn: UInt64 = 0

    /// When there will be another turn.
    func next(at now: Instant) -> Instant { limit.next(at: now) }

    /// Decides of which rfserver is told now: of the source first whose last turn is longest ago, and there of unknown ones.
    mutating func admit(_ candidates: [Candidate], at now: Instant) -> [DatapathID] {
        // The first of each is at its end.
        var queues = Dictionary(grouping: candidates, by: \.source).mapValues { queue in
            queue.sorted { rank($0) > rank($1) }
        }
        var admitted: [DatapathID] = []
        while let first = queues.values.compactMap(\.last).min(by: { rank($0) < rank($1) }),
            limit.admits(Self.perDatapath + first.ports, at: now)
        {
            admitted.append(first.id)
            turn += 1
            lastTurns[first.source] = turn
            queues[first.source]?.removeLast()
        }
        if lastTurns.count > 2 * ProxyCore.mostSwitches {
            lastTurns = lastTurns.filter { turn - $0.value < ProxyCore.mostSwitches }
        }
        return admitted
    }

    private func rank(_ candidate: Candidate) -> (UInt64, Int, UInt64) {
        (lastTurns[candidate.source] ?? 0, candidate.isKnown ? 1 : 0, candidate.session.rawValue)
    }
}
