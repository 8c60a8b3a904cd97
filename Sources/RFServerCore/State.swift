import Logging
import NetTypes
public import RFLib

/// The decisions of rfserver: who is behind which port, and which flows follow from the VMs' routes.
public struct ServerCore: DaemonCore {
    /// Only time has passed.
    public static let timePassed = ServerEvent.timePassed

    let settings: ServerSettings
    let epoch: Int64
    var random: any RandomNumberGenerator & Sendable

    /// What is known. It stands beside the conversations, so that these can read it while they change.
    var network: Network
    var vmConversations: [VMID: Conversation] = [:]
    var proxyConversations: [Int32: Conversation] = [:]
    /// What the channels have yet to write.
    private var loads: [ChannelName: ChannelLoad] = [:]
    /// Drops, refusals and repairs, by reason.
    public internal(set) var tally = Tally()
    /// Lines about datapaths that no VM has: a network that starts has many, and anybody may be one without end.
    private var chatter = RateLimit(perSecond: 1, burst: 2000)
    /// When the present event came.
    private var present = Instant.start

    var desk: InquiryDesk
    /// How long VMs may be silent.
    var clock: SilenceClock
    /// How long rfproxies may be.
    var proxyClock: SilenceClock
    /// When it is to be seen again whether rfproxies are silent; nil while that would change nothing.
    var proxyCheckAt: Instant?
    /// True if a datapath may have to get another master.
    var mayChangeMasters = false
    /// True if a datapath's flows may have become complete, or incomplete.
    var mayChangeCompleteness = true
    var effects: [ServerEffect] = []
    private var isStopped = false
    private var tenure = Tenure()
    /// True once everybody has been told that this rfserver is at work.
    private var hasGreeted = false
    /// True if the virtual switch has to be compared with what it should be.
    var wantsVirtualSwitch = false
    /// True while it is being configured: what is wanted meanwhile is one more run, however often.
    private var isConfiguring = false
    private var virtualSwitchRetry: Backoff
    private var virtualSwitchRetryAt: Instant?

    /// Takes up the stored table. What is in it is believed until the VMs and the datapaths say otherwise.
    /// - Parameters:
    ///   - epoch: this incarnation, as the database gave it.
    ///   - random: makes the tokens of mapping frames.
    public init(
        table: RFTable, epoch: Int64, settings: ServerSettings = ServerSettings(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(), at now: Instant
    ) {
        self.epoch = epoch
        self.settings = settings
        self.random = random
        self.network = Network(
            table: table, epoch: epoch, beatInterval: settings.limits.livenessInterval)
        self.desk = InquiryDesk(me: .rfserver, epoch: epoch)
        self.clock = SilenceClock(timeout: settings.vmTimeout, at: now)
        self.proxyClock = SilenceClock(timeout: Proxies.patience, pause: Self.proxyCheckInterval / 2, at: now)
        self.virtualSwitchRetry = Backoff(
            from: .seconds(1), upTo: .seconds(30), seed: UInt64(bitPattern: epoch))
        self.virtualSwitchRetryAt = now
        for vmID in table.vms { meet(vmID, at: now) }
        for ctID in Set(network.proxies.masters.values) { meet(ctID, at: now) }
    }

    /// Which ports belong together.
    public var table: RFTable { network.table }

    /// When something is due without any event.
    public var deadline: Instant? {
        guard !isStopped, tenure.isSure else { return nil }
        var dues = proxyConversations.values.map(\.deadline)
        if proxyConversations.values.contains(where: \.isHolding), let at = loads[.proxies]?.deadline {
            dues.append(at)
        }
        for (vmID, conversation) in vmConversations where network.vms[vmID]?.isAlive == true {
            dues.append(conversation.deadline)
            if conversation.isHolding, let at = loads[.clients]?.deadline { dues.append(at) }
            if let end = clock.silenceEnds(lastHeard: conversation.lastHeard) { dues.append(end) }
        }
        if let at = virtualSwitchRetryAt { dues.append(at) }
        if let at = proxyCheckAt { dues.append(at) }
        if let end = clock.graceDeadline { dues.append(end) }
        return dues.min()
    }

    /// Decides what to do about an event.
    public mutating func handle(_ event: ServerEvent, at now: Instant) -> [ServerEffect] {
        guard !isStopped else { return [] }
        present = now
        let deadline = deadline
        clock.tick(at: now, deadline: deadline)
        proxyClock.tick(at: now, deadline: deadline)
        switch event {
        case .ipc(let channel, .received(let envelopes)):
            for envelope in envelopes { receive(envelope, on: channel, at: now) }
        case .ipc(let channel, .written(let count)):
            loads[channel, default: ChannelLoad()].written(count)
        case .ipc(let channel, .connected):
            log(.info, "channel open", ["channel": channel.rawValue])
            if channel == .clients { clock.listen(at: now) } else { proxyClock.listen(at: now) }
        case .ipc(let channel, .disconnected(let reason)):
            log(.warning, "channel lost, trying again", ["channel": channel.rawValue, "reason": reason])
            if channel == .clients { clock.suspend() } else { proxyClock.suspend() }
        case .ipc(let channel, .poison(let reason)):
            count("poison document set aside", ["channel": channel.rawValue, "reason": reason])
        case .leaseRenewed(let age): tenure.renewed(ago: age, at: now)
        case .leaseLost: stop("another rfserver has taken the lease: it is the one at work now")
        case .virtualSwitchConfigured(let changes):
            isConfiguring = false
            virtualSwitchRetry.reset()
            for change in changes { log(.info, "virtual switch changed", ["command": change]) }
        case .virtualSwitchFailed(let reason):
            isConfiguring = false
            log(.error, "virtual switch not configured, trying again", ["reason": reason])
            virtualSwitchRetryAt = now.advanced(by: virtualSwitchRetry.step())
        case .timePassed:
            break
        }
        if let at = virtualSwitchRetryAt, at <= now {
            virtualSwitchRetryAt = nil
            wantsVirtualSwitch = true
        }
        guard !isStopped else { return effects }
        noteTenure(at: now)
        if tenure.isSure {
            noticeSilence(at: now)
            updateCompleteness()
            act(at: now)
        }
        defer { effects = [] }
        return effects
    }

    private mutating func noticeSilence(at now: Instant) {
        retireSilentVMs(at: now)
        noticeSilentProxies(at: now)
        updateMasters()
        if clock.endGrace(at: now) { mayChangeCompleteness = true }
    }

    /// Writes to the others what has been decided.
    private mutating func act(at now: Instant) {
        greet(at: now)
        if wantsVirtualSwitch, !isConfiguring {
            wantsVirtualSwitch = false
            isConfiguring = true
            effects.append(.configureVirtualSwitch)
        }
        saveTable()
        flush(at: now)
    }

    // MARK: The lease

    private mutating func noteTenure(at now: Instant) {
        guard tenure.tick(at: now) else { return }
        if tenure.isSure {
            log(.info, "the lease is renewed: at work again", ["term": epoch])
            let doubt = tenure.takeDoubt()
            clock.excuse(doubt, at: now)
            proxyClock.excuse(doubt, at: now)
        } else {
            log(
                .warning, "the lease could not be renewed: nothing is written until it is",
                ["term": epoch])
        }
    }

    /// The first word of a term on each channel goes to everybody: after it, nobody heeds what an earlier rfserver writes.
    private mutating func greet(at now: Instant) {
        guard !hasGreeted else { return }
        hasGreeted = true
        let greeting = Envelope(
            from: .rfserver, to: .all, epoch: epoch, toEpoch: 0, stream: 0, seq: 0, kind: .syncRequest,
            content: [.syncRequest(SyncRequest(stream: 0))])
        for channel in [ChannelName.clients, .proxies] { send([greeting], on: channel, at: now) }
    }

    // MARK: Peers

    mutating func meet(_ vmID: VMID, at now: Instant) {
        network.add(vmID)
        guard vmConversations[vmID] == nil else { return }
        vmConversations[vmID] = conversation(with: .rfclient(vmID), at: now)
    }

    private mutating func meet(_ ctID: Int32, at now: Instant) {
        guard proxyConversations[ctID] == nil else { return }
        proxyConversations[ctID] = conversation(with: .rfproxy(ctID), at: now)
    }

    private func conversation(with peer: PeerName, at now: Instant) -> Conversation {
        Conversation(me: .rfserver, epoch: epoch, peer: peer, limits: settings.limits, at: now)
    }

    private mutating func receive(_ envelope: Envelope, on channel: ChannelName, at now: Instant) {
        switch (channel, envelope.from.vmID, envelope.from.ctID) {
        case (.clients, let vmID?, _):
            meet(vmID, at: now)
            for delivery in vmConversations[vmID]?.receive(envelope, at: now) ?? [] {
                deliver(delivery, from: vmID)
            }
            if vmConversations[vmID]?.lastHeard == now { revive(vmID) }
        case (.proxies, _, let ctID?):
            meet(ctID, at: now)
            let formerEpoch = proxyConversations[ctID]?.peerEpoch ?? 0
            let deliveries = proxyConversations[ctID]?.receive(envelope, at: now) ?? []
            if formerEpoch > 0, proxyConversations[ctID]?.peerEpoch != formerEpoch {
                for dpID in network.proxies.restart(ctID) { forgetIfNobodys(dpID) }
                mayChangeMasters = true
            }
            if proxyConversations[ctID]?.lastHeard == now { hear(ctID) }
            for delivery in deliveries { deliver(delivery, from: ctID) }
        default:
            if envelope.from == .rfserver {
                // Also what a channel begins with, and what this one said itself.
                if envelope.epoch > epoch { stop("a later rfserver is at work on this database") }
                return
            }
            if envelope.from.isInquirer { return answer(envelope, on: channel, at: now) }
            count(
                "envelope from an unknown kind of peer", ["from": envelope.from, "channel": channel.rawValue])
        }
    }

    /// Has the peers that are concerned by a key told the new word on it.
    mutating func changed(_ key: RFKey) {
        switch key {
        case .vmRegisterResponse(let vmID), .vmConfig(let vmID), .vmPortMapped(let vmID, _):
            vmConversations[vmID]?.changed(key)
        case .flow(let dpID, _, _), .datapathConfig(let dpID, _), .tableComplete(let dpID):
            guard let ctID = network.proxies.masters[dpID] else { return }
            proxyConversations[ctID]?.changed(key)
        case .datapathGrant(_, let ctID):
            proxyConversations[ctID]?.changed(key)
        case .portMap:
            for ctID in proxyConversations.keys { proxyConversations[ctID]?.changed(key) }
        case .vmRegisterRequest, .route, .flowError, .datapath, .vmMap:
            break
        }
    }

    private mutating func flush(at now: Instant) {
        // Asked once for all: whoever comes first must not keep the others waiting for ever.
        var isBusy = self.isBusy(.clients, at: now)
        for vmID in vmConversations.keys where network.vms[vmID]?.isAlive == true {
            send(
                vmConversations[vmID]?.flush(network, whileBusy: isBusy, at: now) ?? [], on: .clients, at: now
            )
        }
        isBusy = self.isBusy(.proxies, at: now)
        for ctID in proxyConversations.keys {
            send(
                proxyConversations[ctID]?.flush(network, whileBusy: isBusy, at: now) ?? [], on: .proxies,
                at: now)
        }
    }

    private func isBusy(_ channel: ChannelName, at now: Instant) -> Bool {
        loads[channel]?.isBusy(at: now) ?? false
    }

    private mutating func send(_ envelopes: [Envelope], on channel: ChannelName, at now: Instant) {
        guard !envelopes.isEmpty else { return }
        loads[channel]?.sent(envelopes, at: now)
        effects.append(.send(channel, envelopes))
    }

    // MARK: The table

    /// Makes everything follow a change of the table, and has the peers told.
    mutating func followTable() {
        for key in network.followTable() { changed(key) }
        mayChangeCompleteness = true
    }

    private mutating func saveTable() {
        let changes = network.table.takeChanges()
        guard !changes.isEmpty else { return }
        effects.append(.save(changes))
        for change in changes {
            guard let entry = change.entry, let vm = entry.vm, let datapath = entry.datapath else { continue }
            log(
                .info, "port \(entry.status.rawValue)",
                [
                    "vm_id": vm.vmID, "vm_port": vm.port, "dp_id": datapath.dpID, "dp_port": datapath.port,
                    "vs_port": entry.virtual.map { "\($0.port)" } ?? "none",
                ])
        }
    }

    private mutating func updateCompleteness() {
        guard mayChangeCompleteness else { return }
        mayChangeCompleteness = false
        for dpID in network.proxies.masters.keys {
            let isComplete = network.isComplete(dpID, whenNoVM: clock.isGraceOver)
            guard isComplete != network.completeTables.contains(dpID) else { continue }
            if isComplete {
                network.completeTables.insert(dpID)
            } else {
                network.completeTables.remove(dpID)
            }
            changed(.tableComplete(dpID))
        }
    }

    // MARK: Notes

    /// Another rfserver is at work: this one does nothing more.
    mutating func stop(_ reason: String) {
        isStopped = true
        effects.append(.stop(reason: reason))
    }

    mutating func log(
        _ level: Logger.Level, _ message: String, _ ids: [String: any CustomStringConvertible] = [:]
    ) {
        effects.append(.log(LogLine(level, message, ids)))
    }

    /// Says something of a datapath that is worth a line each time, unless it is one that no VM has, and there were too many.
    mutating func tell(
        _ level: Logger.Level, of dpID: DatapathID, _ message: String,
        _ ids: [String: any CustomStringConvertible]
    ) {
        let isAnybodys = !dpID.isVirtualSwitch && network.table.entries(of: dpID).isEmpty
        if isAnybodys, !chatter.admits(at: present) {
            count(
                "line left out: too much happens to datapaths that no VM has",
                ids.merging(["line": message]) { own, _ in own })
        } else {
            log(level, message, ids)
        }
    }

    mutating func count(
        _ reason: String, _ ids: [String: any CustomStringConvertible] = [:],
        at level: Logger.Level = .warning
    ) {
        guard let count = tally.count(reason) else { return }
        log(level, reason, ids.merging(["count": count]) { first, _ in first })
    }
}
