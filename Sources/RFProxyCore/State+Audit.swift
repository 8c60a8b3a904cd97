import Logging
import NetTypes
import OpenFlow
import RFLib

/// Reads the flows of each switch again at an interval, and puts right what somebody else has changed.
extension ProxyCore {
    /// Does what is due of the switches: tells of their ports, tries refused flows again, reads flows.
    mutating func checkDatapaths(at now: Instant) {
        let due = datapaths.values.filter { $0.deadline.map { $0 <= now } ?? false }.map(\.id)
        tellPorts(of: due.filter { datapaths[$0]?.isPortNewsDue(at: now) ?? false }, at: now)
        for id in due {
            if datapaths[id]?.isRetryDue(at: now) ?? false {
                datapaths[id]?.retryRefused()
                stirred.insert(id)
            }
            if datapaths[id]?.auditing != nil {
                if datapaths[id]?.isAuditOverdue(at: now) ?? false {
                    abandonAudit(of: id, "no answer", at: now)
                }
            } else if datapaths[id]?.isAuditDue(at: now) ?? false {
                audit(id, at: now)
            }
        }
    }

    private mutating func audit(_ id: DatapathID, at now: Instant) {
        guard let session = datapaths[id]?.session, datapaths[id]?.table.beginAudit() ?? false,
            let xid = sessions[session]?.send(.statsRequest(.flow(OpenFlow10.FlowStatsFilter())))
        else {
            datapaths[id]?.endAudit(every: settings.auditInterval, at: now)
            return
        }
        touched.insert(session)
        datapaths[id]?.beginAudit(xid: xid, at: now)
    }

    mutating func audited(_ flows: [OpenFlow10.FlowStats], of id: DatapathID, isLast: Bool, at now: Instant) {
        for flow in flows { datapaths[id]?.table.audited(flow) }
        grown.insert(id)
        guard isLast else {
            datapaths[id]?.continueAudit(at: now)
            return
        }
        guard let drift = datapaths[id]?.table.endAudit() else { return }
        datapaths[id]?.endAudit(every: settings.auditInterval, at: now)
        stirred.insert(id)
        guard !drift.isNone else {
            return log(
                .debug, "flow table audited: as wanted",
                ["dp_id": id, "flows": datapaths[id]?.table.size ?? 0])
        }
        _ = tally.count("drift")
        tell(
            .warning, of: id,
            datapaths[id]?.table.isComplete ?? false
                ? "somebody else has changed the flow table; it is put right"
                : "somebody else has changed the flow table; what is foreign stays until rfserver has said all",
            [
                "dp_id": id, "missing": drift.missing, "different": drift.different, "foreign": drift.foreign,
                "example": drift.example.map { "\($0.prefix)" } ?? "none",
                "count": tally.counts["drift"] ?? 0,
            ])
    }

    mutating func abandonAudit(of id: DatapathID, _ reason: String, at now: Instant) {
        datapaths[id]?.table.abandonAudit()
        datapaths[id]?.endAudit(every: settings.auditInterval, at: now)
        count(.warning, "a switch did not say its flows when asked again", ["dp_id": id, "reason": reason])
    }

    /// A flow has gone. If that is news, the whole table is looked at: where one goes, others may have gone.
    mutating func removed(_ flow: OpenFlow10.FlowRemoved, from id: DatapathID, at now: Instant) {
        guard datapaths[id]?.table.misses(flow) ?? false else { return }
        datapaths[id]?.auditSoon(at: now)
    }
}
