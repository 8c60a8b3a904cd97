import Logging
import NetTypes
import OpenFlow
public import RFLib

/// All decisions of rfproxy: what each switch is to have, and what rfserver is to know.
public struct ProxyCore: DaemonCore {
    let settings: ProxySettings
    var sessions: [SessionID: SwitchSession] = [:]
    /// Every datapath that is connected, or that rfserver has spoken of.
    var datapaths: [DatapathID: Datapath] = [:]
    /// The datapaths that this rfproxy is the master of.
    var grants: [DatapathID: Grant] = [:]
    /// The map of ports, and what else passing a packet on needs.
    var shuttle: Shuttle
    var tally = Tally()
    /// Lines about switches that come, go and change: so many for a network that starts, but not without end. Idle ones have an
    /// allowance of their own: anybody may be one.
    private var chatter = RateLimit(perSecond: 1, burst: 2000)
    private var chatterOfIdle = RateLimit(perSecond: 1, burst: 2000)

    // MARK: rfserver
    var conversation: Conversation
    /// What the channel has yet to write.
    var load = ChannelLoad()
    var announcements = Announcements()
    var idleNews = IdleNews()
    /// True once this rfproxy is about to end: what is to be said is said now.
    private var isEnding = false
    var desk: InquiryDesk
    /// Inquiries that wait for what switches say of their flows.
    var surveys: [Survey] = []
    /// Counts rfserver's streams: what an earlier one said is provisional.
    var generation: UInt32 = 0
    /// True once rfserver has said its whole state.
    var hasServerState = false
    /// False once part of rfserver's stream could not be understood: its silence then means nothing.
    var isStreamWhole = true
    /// True from the begin of rfserver's whole state to its end.
    var isHearingState = false
    /// True if rfserver has to say its whole state again.
    var wantsState = false
    /// When it may be asked for that.
    var mayAskAt = Instant.start

    // MARK: The present event
    private(set) var present = Instant.start
    var effects: [ProxyEffect] = []
    /// Connections that may have something to write.
    var touched: Set<SessionID> = []
    /// Datapaths that may have flows to send.
    var stirred: Set<DatapathID> = []
    /// Datapaths that have said more flows.
    var grown: Set<DatapathID> = []

    /// A core that knows nothing yet.
    /// - Parameters:
    ///   - epoch: the number of this incarnation of rfproxy, as the database gave it.
    ///   - serverTerm: the term of the rfserver at work; what an earlier one says is not heeded.
    public init(settings: ProxySettings, epoch: Int64, serverTerm: Int64 = 0, at now: Instant) {
        self.settings = settings
        self.shuttle = Shuttle(passesIPv6: settings.shuttlesIPv6, polices: settings.polices)
        self.desk = InquiryDesk(me: .rfproxy(settings.ctID), epoch: epoch)
        var limits = StreamLimits()
        limits.livenessInterval = Self.livenessInterval
        self.conversation = Conversation(
            me: .rfproxy(settings.ctID), epoch: epoch, peer: .rfserver, leastPeerEpoch: serverTerm,
            limits: limits, at: now)
    }

    /// How often rfserver is shown that this rfproxy lives: once it is silent, its switches move to another one that they are
    /// connected to.
    private static var livenessInterval: Duration { .seconds(1) }

    /// The event that says only that time has passed.
    public static var timePassed: ProxyEvent { .timePassed }

    /// When the core wants to be told that time has passed.
    public private(set) var deadline: Instant?

    private var nextDeadline: Instant {
        var due = surveys.reduce(conversation.deadline) { min($0, $1.deadline) }
        if conversation.isHolding, let at = load.deadline { due = min(due, at) }
        if wantsState, !isHearingState { due = min(due, mayAskAt) }
        due = sessions.values.reduce(due) { min($0, $1.deadline) }
        return datapaths.values.reduce(due) { min($0, $1.deadline ?? $0) }
    }

    /// Decides what to do about an event.
    public mutating func handle(_ event: ProxyEvent, at now: Instant) -> [ProxyEffect] {
        take(event, at: now)
        return conclude(at: now)
    }

    /// Takes in an event of several, after which `conclude` decides: that looks at every switch, which would be too much for
    /// each message of a peer that says many.
    mutating func take(_ event: ProxyEvent, at now: Instant) {
        present = now
        if let deadline, now > deadline.advanced(by: Self.pause) {
            wokeUp(at: now)
            self.deadline = nil
        }
        switch event {
        case .ipc(let event): handle(event, at: now)
        case .connected(let id, let peer, let transport): connected(id, from: peer, over: transport, at: now)
        case .refused(let id, let reason): refused(id, reason, at: now)
        case .received(let id, let frame): received(frame.frame, from: id, at: now)
        case .writable(let id, let isWritable): writable(id, isWritable)
        case .disconnected(let id, let reason): disconnected(id, reason, at: now)
        case .ending: leaveDatapaths()
        case .timePassed: break
        }
    }

    /// Decides what to do about the events that were taken in.
    mutating func conclude(at now: Instant) -> [ProxyEffect] {
        defer { deadline = nextDeadline }
        boundFlows(at: now)
        checkDeadlines(at: now)
        answerSurveys(at: now)
        checkDatapaths(at: now)
        pushFlows(at: now)
        askForState(at: now)
        return takeEffects(at: now)
    }

    /// Decides on a packet: the short way, which is not recorded.
    mutating func packetIn(
        _ packet: OpenFlow10.PacketIn, from session: SessionID, at now: Instant
    ) -> PacketVerdict {
        shuttle.police(shuttle.judge(packet, from: session), at: now)
    }

    /// Packets alone show as well that a switch is alive, one that is too busy with them to answer an echo in time.
    mutating func heardPackets(from session: SessionID) {
        sessions[session]?.keepalive.heard()
    }

    /// A packet found the queue of its destination full. Returns the line to log now and then.
    mutating func overflowed(_ source: PortID) -> LogLine? {
        shuttle.overflow(source)
    }

    /// Another rfproxy need not wait until this one is silent.
    private mutating func leaveDatapaths() {
        isEnding = true
        let keys = announcements.withdrawAll { if case .datapath = $0 { true } else { false } }
        for key in keys { conversation.changed(key) }
    }

    /// A timer that comes this much too late shows that this process stood still.
    private static var pause: Duration { .seconds(2) }

    /// This process stood still: what the switches have said meanwhile has yet to be read, so none of them was silent.
    private mutating func wokeUp(at now: Instant) {
        log(.warning, "this process stood still for a while; nobody is taken for gone because of that")
        for id in Array(sessions.keys) { sessions[id]?.startTimesAgain(at: now) }
        for id in Array(datapaths.keys) { datapaths[id]?.continueAudit(at: now) }
    }

    private mutating func pushFlows(at now: Instant) {
        for id in stirred {
            settleFlows(of: id)
            guard let session = datapaths[id]?.session, sessions[session]?.isWritable ?? false else {
                continue
            }
            sessions[session]?.write { datapaths[id]?.table.push(into: &$0) }
            touched.insert(session)
            datapaths[id]?.noteRefusals(at: now)
            if datapaths[id]?.hasCaughtUp() ?? false {
                tell(
                    .info, of: id, "flow table is as wanted",
                    ["dp_id": id, "flows": datapaths[id]?.table.size ?? 0])
            }
        }
        stirred.removeAll(keepingCapacity: true)
    }

    private mutating func takeEffects(at now: Instant) -> [ProxyEffect] {
        for session in touched {
            if let output = sessions[session]?.takeOutput() { effects.append(.write(session, output)) }
        }
        touched.removeAll(keepingCapacity: true)
        let isBusy = load.isBusy(at: now) && !isEnding
        let envelopes = conversation.flush(announcements, whileBusy: isBusy, at: now)
        if !envelopes.isEmpty {
            load.sent(envelopes, at: now)
            effects.append(.send(envelopes))
        }
        defer { effects = [] }
        return effects
    }

    // MARK: Help for the topics

    mutating func log(
        _ level: Logger.Level, _ message: String, _ ids: [String: any CustomStringConvertible] = [:]
    ) {
        effects.append(.log(LogLine(level, message, ids)))
    }

    /// Says something of a switch that is worth a line each time, but that a peer may cause as often as it likes.
    mutating func tell(
        _ level: Logger.Level, of id: DatapathID, _ message: String,
        _ ids: [String: any CustomStringConvertible]
    ) {
        let isAdmitted = isIdle(id) ? chatterOfIdle.admits(at: present) : chatter.admits(at: present)
        if isAdmitted {
            log(level, message, ids)
        } else {
            count(
                .warning, "left out a line: too much happens to switches",
                ids.merging(["line": message]) { own, _ in own })
        }
    }

    /// True for a virtual switch, and for a datapath over which something is routed.
    func isRouted(_ id: DatapathID) -> Bool {
        id.isVirtualSwitch || datapaths[id]?.table.hasRoutes ?? false
    }

    /// Counts something that a peer may cause as often as it likes, and says so now and then.
    /// - Parameter detail: what tells it from others under the same words. Only what is before a colon counts: behind it may be
    ///   something that the peer chose, and so without end.
    mutating func count(
        _ level: Logger.Level, _ reason: String, _ ids: [String: any CustomStringConvertible] = [:],
        of detail: String = ""
    ) {
        guard let count = tally.count(reason + detail.prefix { $0 != ":" }) else { return }
        log(level, reason, ids.merging(["count": count]) { own, _ in own })
    }

    /// Sends a message to a switch.
    mutating func send(_ message: OpenFlow10.Message, to session: SessionID) {
        sessions[session]?.send(message)
        touched.insert(session)
    }

    /// Tells rfserver, if it is news.
    mutating func announce(_ message: RFMessage) {
        if let key = announcements.say(message) { conversation.changed(key) }
    }

    /// Tells rfserver that there is nothing to say on a key any more, if that is news.
    mutating func withdraw(_ key: RFKey) {
        if let key = announcements.withdraw(key) { conversation.changed(key) }
    }

    /// Remembers a datapath that has not been heard of before.
    mutating func meet(_ id: DatapathID) {
        guard datapaths[id] == nil else { return }
        datapaths[id] = Datapath(id, generation: generation, settings: settings)
    }

    /// Forgets a datapath that is neither connected nor wanted by rfserver.
    mutating func forgetIfIdle(_ id: DatapathID) {
        guard datapaths[id]?.isForgettable ?? false else { return }
        settleFlows(of: id)
        datapaths[id] = nil
    }
}
