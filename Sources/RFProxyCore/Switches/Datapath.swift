import NetTypes
import OpenFlow
import RFLib

/// A datapath: the switch itself, whether or not it is connected now.
struct Datapath: Sendable {
    let id: DatapathID
    /// The connection that it has.
    var session: SessionID?
    /// Its ports by number, as it described them last.
    var ports: [UInt16: OpenFlow10.PhyPort] = [:]
    /// Its flows. A virtual switch has none of ours.
    var table: FlowTable

    /// When rfserver is to be told of its ports; nil if they are as it was told.
    var portNewsAt: Instant?
    /// All ports are told each time. Many at once are few words, and one that flaps without end costs little.
    private var portNews = RateLimit(perSecond: 5, burst: 8)

    /// The most ports that are followed: a hello and a list of ports cost a stranger little.
    static let mostPorts = 2048

    /// When its flows are to be read again; nil for not before something happens.
    private(set) var auditAt: Instant?
    /// The reading that is under way.
    private(set) var auditing: Auditing?
    /// Not before this.
    private var earliestAudit = Instant.start
    /// There was a reason for another one while one was under way.
    private var wantsAudit = false
    /// When refused flows are to be tried again.
    private(set) var retryAt: Instant?
    private var retries: Backoff

    /// A reading of the flows of a switch that is at work.
    struct Auditing: Sendable {
        let xid: UInt32
        let began: Instant
        /// When the switch has taken too long for the next part of its answer.
        var deadline: Instant
    }

    init(_ id: DatapathID, generation: UInt32, settings: ProxySettings) {
        self.id = id
        self.table = FlowTable(generation: generation, keepsForeign: settings.keepsForeignFlows)
        self.retries = Backoff(from: .seconds(1), upTo: .seconds(60), seed: id.rawValue)
    }

    /// When something about it is due.
    var deadline: Instant? {
        [auditing?.deadline ?? auditAt, retryAt, portNewsAt].compactMap { $0 }.min()
    }

    /// Its ports have changed.
    mutating func notePortNews(at now: Instant) {
        guard portNewsAt == nil else { return }
        let next = portNews.next(at: now)
        _ = portNews.admits(at: next)
        portNewsAt = next
    }

    /// True if rfserver is to be told of its ports now.
    func isPortNewsDue(at now: Instant) -> Bool { portNewsAt.map { $0 <= now } ?? false }

    /// The switch is gone: nothing is known of what it has.
    mutating func forgetActual() {
        table.forgetActual()
        auditAt = nil
        auditing = nil
        wantsAudit = false
        retryAt = nil
    }

    /// It is another rfproxy's: nothing is wanted there any more, and nothing is known of it.
    mutating func release() {
        forgetActual()
        table.forgetWanted()
        isCatchingUp = false
    }

    /// True from the moment when its flows were read until they are right.
    var isCatchingUp = false

    /// True once after each connection: when its flows are right.
    mutating func hasCaughtUp() -> Bool {
        guard isCatchingUp, table.isSettled else { return false }
        isCatchingUp = false
        return true
    }

    /// True if nothing would be lost by forgetting it.
    var isForgettable: Bool { session == nil && table.size == 0 }

    /// True if it is not connected, and rfserver has said all without wanting a route there: whoever has connected once and
    /// left must not be remembered for that. rfserver repeats itself to one that comes back.
    var isStranger: Bool { session == nil && table.isUnrouted }

    /// How it is announced to rfserver.
    func join(ctID: Int32, epoch: Int64) -> DatapathJoin {
        let ports = ports.values.sorted { $0.number < $1.number }.map {
            DatapathJoin.Port(dpPort: $0.number.rawValue, name: $0.name, isUp: $0.isUp)
        }
        return DatapathJoin(
            dpID: id, ctID: ctID, isVirtualSwitch: id.isVirtualSwitch, ports: ports,
            connection: epoch << 32 | Int64(session?.rawValue ?? 0))
    }
}

// MARK: Audits

extension Datapath {
    /// The longest that a switch may take for one part of its answer.
    private static let patience = Duration.seconds(10)
    /// Audits are at least this far apart, and ten times as far as one takes: a switch has other things to do. Those that nothing
    /// gives a reason for, a hundred times.
    private static let leastGap = Duration.seconds(1)

    /// The first audit comes after half an interval to a whole one, another time for each datapath: not all switches are
    /// read at once because they have connected at once.
    mutating func planFirstAudit(every interval: Duration?, at now: Instant) {
        if wantsAudit {
            wantsAudit = false
            return auditSoon(at: now)
        }
        guard let interval else { return }
        // Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4).
        let part = Double((id.rawValue &* 0x9E37_79B9_7F4A_7C15) >> 40) / Double(1 << 24)
        auditAt = now.advanced(by: interval / 2 + interval / 2 * part)
    }

    func isAuditDue(at now: Instant) -> Bool { auditAt.map { $0 <= now } ?? false }

    func isAuditOverdue(at now: Instant) -> Bool { auditing.map { $0.deadline <= now } ?? false }

    mutating func beginAudit(xid: UInt32, at now: Instant) {
        auditAt = nil
        auditing = Auditing(xid: xid, began: now, deadline: now.advanced(by: Self.patience))
    }

    mutating func continueAudit(at now: Instant) {
        auditing?.deadline = now.advanced(by: Self.patience)
    }

    mutating func endAudit(every interval: Duration?, at now: Instant) {
        let took = auditing.map { now.sinceStart - $0.began.sinceStart } ?? .zero
        let gap = max(Self.leastGap, took * 10)
        let pause = isAuditOverdue(at: now) ? gap : took * 100
        auditing = nil
        earliestAudit = now.advanced(by: gap)
        if wantsAudit {
            auditAt = earliestAudit
        } else {
            auditAt = interval.map { now.advanced(by: max($0, pause)) }
        }
        wantsAudit = false
    }

    /// There is a reason to read the flows as soon as it may be.
    mutating func auditSoon(at now: Instant) {
        guard auditing == nil, table.isRead else {
            wantsAudit = true
            return
        }
        let soon = max(now, earliestAudit)
        auditAt = min(auditAt ?? soon, soon)
    }
}

// MARK: Refused flows

extension Datapath {
    /// Sees to it that what the switch refused is tried again, ever less often.
    mutating func noteRefusals(at now: Instant) {
        if table.refused.isEmpty {
            retryAt = nil
            if table.isSettled { retries.reset() }
        } else if retryAt == nil {
            retryAt = now.advanced(by: retries.step())
        }
    }

    func isRetryDue(at now: Instant) -> Bool { retryAt.map { $0 <= now } ?? false }

    /// It is time to try some of them.
    mutating func retryRefused() {
        retryAt = nil
        table.retry(FlowTable.PushLimit.batch)
    }
}

extension OpenFlow10.PhyPort {
    /// True if it is wanted up and has a link.
    var isUp: Bool { !config.contains(.portDown) && !state.contains(.linkDown) }
}
