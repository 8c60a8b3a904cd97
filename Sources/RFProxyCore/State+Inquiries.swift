import Logging
import NetTypes
import OpenFlow
import RFLib

/// An inquiry that is answered once the switches have said what they have.
struct Survey: Sendable {
    let asker: PeerName
    let inquiry: Inquiry
    var flows: [ProxyReport.Flow] = []
    /// Which of the flows each switch has been asked for, and by which transaction.
    var open: [DatapathID: (place: Int, key: FlowKey, xid: UInt32)] = [:]
    /// When it is answered without the switches that have not.
    let deadline: Instant
}

/// What rfproxy says to those who ask.
extension ProxyCore {
    private static var patience: Duration { .seconds(1) }
    private static var mostSurveys: Int { 64 }

    mutating func begin(_ envelope: Envelope, at now: Instant) {
        for inquiry in desk.admit(envelope, at: now) {
            guard surveys.count < Self.mostSurveys else {
                return count(.warning, "refused an inquiry: too many wait for switches")
            }
            var survey = Survey(
                asker: envelope.from, inquiry: inquiry, deadline: now.advanced(by: Self.patience))
            if let vmID = inquiry.vmID, let destination = inquiry.destination {
                for id in datapaths.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                    look(for: destination, by: vmID.dataAddress, on: id, &survey)
                }
            }
            surveys.append(survey)
        }
    }

    /// Finds the flow that is to catch a packet, and asks the switch for its own word on it.
    private mutating func look(
        for destination: IPv4Address, by router: MACAddress, on id: DatapathID, _ survey: inout Survey
    ) {
        guard let datapath = datapaths[id], let key = datapath.table.wanted(for: destination, by: router)
        else { return }
        let place = survey.flows.count
        survey.flows.append(
            ProxyReport.Flow(
                dpID: id, prefix: key.prefix, priority: key.priority,
                action: datapath.table.wantedAction(key), progress: datapath.progress(of: key),
                carrier: datapath.table.carrier(of: key)))
        guard let session = datapath.session, case .up = sessions[session]?.phase else { return }
        let filter = OpenFlow10.FlowStatsFilter(match: key.match)
        guard let xid = sessions[session]?.send(.statsRequest(.flow(filter))) else { return }
        touched.insert(session)
        survey.open[id] = (place, key, xid)
    }

    /// A switch has said which flows it has that the wanted one covers.
    mutating func surveyed(_ flows: [OpenFlow10.FlowStats], of id: DatapathID, xid: UInt32, isLast: Bool) {
        guard let place = surveys.firstIndex(where: { $0.open[id]?.xid == xid }),
            let open = surveys[place].open[id]
        else { return }
        for flow in flows where FlowKey(match: flow.match, priority: flow.priority) == open.key {
            surveys[place].flows[open.place].reading = ProxyReport.Reading(
                action: datapaths[id]?.table.dialect.action(of: flow, key: open.key).description ?? "",
                packets: flow.packetCount, bytes: flow.byteCount)
        }
        guard isLast else { return }
        surveys[place].flows[open.place].isRead = true
        surveys[place].open[id] = nil
    }

    /// Answers whoever need not, or cannot, wait any longer.
    mutating func answerSurveys(at now: Instant) {
        let isDone = { (survey: Survey) in survey.open.isEmpty || survey.deadline <= now }
        for survey in surveys where isDone(survey) {
            let body = ProxyReport(
                ctID: settings.ctID, epoch: desk.epoch,
                datapaths: datapaths.values.sorted { $0.id.rawValue < $1.id.rawValue }.map(report),
                flows: survey.flows)
            effects.append(.send([desk.answer(survey.inquiry, of: survey.asker, body)]))
        }
        surveys.removeAll(where: isDone)
    }
}

extension ProxyCore {
    private func report(on datapath: Datapath) -> ProxyReport.Datapath {
        let table = datapath.table
        return ProxyReport.Datapath(
            dpID: datapath.id, isConnected: datapath.session != nil, isMaster: isMaster(of: datapath.id),
            flows: table.size,
            waiting: table.changes.count + table.deletions.count + table.flight.messages.count,
            refused: table.refused.count, isComplete: table.isComplete)
    }
}

extension Datapath {
    fileprivate func progress(of key: FlowKey) -> ProxyReport.Progress {
        guard session != nil, table.isRead, let entry = table.entries[key] else { return .unknown }
        if entry.marks.contains(.refused) { return .refused }
        return entry.desired == entry.actual && !entry.marks.contains(.inFlight) ? .installed : .waiting
    }
}

extension FlowTable {
    /// The flow of a router that is to catch packets to an address; nil if there is none.
    fileprivate func wanted(for address: IPv4Address, by router: MACAddress) -> FlowKey? {
        let routed = address.networks.compactMap(OpenFlow10.IPv4Prefix.init).map {
            FlowKey.routed(router, $0)
        }
        let local = routers(with: address).contains(router) ? [FlowKey.local(address)] : []
        return (local + routed).first {
            entries[$0].map { $0.desired != .absent } ?? false
        }
    }

    fileprivate func wantedAction(_ key: FlowKey) -> String { entries[key]?.desired.description ?? "" }
}

extension FlowAction: CustomStringConvertible {
    /// For people.
    var description: String {
        switch self {
        case .absent: "nothing"
        case .controller: "to the VM"
        case .drop: "drop"
        case .odd, .alien: "something else"
        default: "port \(port.rawValue), to \(destination)"
        }
    }
}
