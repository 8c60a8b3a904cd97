import Logging
public import NetTypes
import Netlink
public import RFLib

/// The decisions of rfclient: what the kernel's tables mean, and what rfserver is to know of them.
public struct ClientCore: DaemonCore {
    /// Who this is, and its bounds.
    public struct Configuration: Sendable {
        /// The VM.
        public var vmID: VMID
        /// Changes when the VM boots, and only then.
        public var bootID: String
        /// What the VM calls itself, for people.
        public var hostName: String
        /// This incarnation of the VM's rfclient.
        public var epoch: Int64
        /// The term of the rfserver at work: what an earlier one says is not heeded.
        public var serverTerm: Int64
        /// The name of the management interface, which nothing is reported of.
        public var management: String
        /// How many hosts on connected subnets may have flows.
        public var maxHosts: Int
        /// True if the kernel can keep a neighbour fresh by itself (Linux 5.16 and later).
        public var canManageNeighbours: Bool
        /// The bounds and times of the streams.
        public var limits: StreamLimits

        /// Creates a configuration.
        public init(
            vmID: VMID, bootID: String, hostName: String = "", epoch: Int64, serverTerm: Int64 = 0,
            management: String = "eth0",
            maxHosts: Int = 4096,
            canManageNeighbours: Bool = true, limits: StreamLimits = StreamLimits()
        ) {
            self.vmID = vmID
            self.bootID = bootID
            self.hostName = hostName
            self.epoch = epoch
            self.serverTerm = serverTerm
            self.management = management
            self.maxHosts = maxHosts
            self.canManageNeighbours = canManageNeighbours
            self.limits = limits
        }
    }

    let configuration: Configuration
    var mirror: KernelMirror
    var dumps = DumpTracker()
    var settings = SettingsState()
    var conversation: Conversation
    /// What the channel has yet to write.
    var load = ChannelLoad()
    var announcer: PortAnnouncer
    var desk: InquiryDesk
    var portAddresses = PortAddresses()
    /// True once rfserver has said so.
    var isAccepted = false
    /// What rfserver has ordered, if it has.
    var order: VMConfig?
    /// When neighbours that the kernel refused to manage are asked for again.
    var neighbourRetry: Instant?
    /// What is dropped and refused.
    var tally = Tally()
    var isStopped = false
    /// What has been decided during the present call.
    var effects: [ClientEffect] = []

    /// Creates a core that knows nothing yet.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
        mirror = KernelMirror(
            vmID: configuration.vmID, management: configuration.management, maxHosts: configuration.maxHosts,
            canManage: configuration.canManageNeighbours)
        conversation = Conversation(
            me: .rfclient(configuration.vmID), epoch: configuration.epoch, peer: .rfserver,
            leastPeerEpoch: configuration.serverTerm, limits: configuration.limits, at: .start)
        announcer = PortAnnouncer(vmID: configuration.vmID)
        desk = InquiryDesk(me: .rfclient(configuration.vmID), epoch: configuration.epoch)
    }

    /// The event that says only that time has passed.
    public static var timePassed: ClientEvent { .timePassed }

    /// Decides what to do about an event.
    public mutating func handle(_ event: ClientEvent, at now: Instant) -> [ClientEffect] {
        guard !isStopped else { return [] }
        switch event {
        case .netlink(let events): for event in events { handle(event, at: now) }
        case .ipc(let event): handle(event, at: now)
        case .settingsApplied(let notes): settingsApplied(notes)
        case .settingsFailed(let reason): settingsFailed(reason, at: now)
        case .neighbourFailed(let command, let reason): neighbourFailed(command, reason, at: now)
        case .linkAddressFailed(let index, let reason):
            portAddresses.refused(at: now)
            drop("the address of a data port could not be set", ["link": index, "reason": reason])
        case .frameFailed(let index, let reason):
            drop("a mapping frame could not be sent", ["link": index, "reason": reason])
        case .timePassed: break
        }
        if !isStopped { settle(at: now) }
        defer { effects = [] }
        return effects
    }

    /// When the core wants to be told that time has passed.
    public var deadline: Instant? {
        guard !isStopped else { return nil }
        return [
            isReady ? conversation.deadline : nil, isReady && conversation.isHolding ? load.deadline : nil,
            announcer.deadline, portAddresses.deadline,
            dumps.deadline, neighbourRetry, settings.deadline,
        ].compactMap(\.self).min()
    }

    /// How often what was dropped or refused, by reason.
    public var counts: [String: Int] { tally.counts.merging(mirror.tally.counts, uniquingKeysWith: +) }

    // MARK: The end of each call

    /// True once rfserver may be told: what is not known yet would look to it as if it did not exist.
    var isReady: Bool { mirror.isComplete && settings.isApplied }

    private mutating func settle(at now: Instant) {
        if dumps.isComplete, !mirror.isComplete { mirror.complete() }
        if let at = neighbourRetry, at <= now {
            neighbourRetry = nil
            mirror.retryRefused()
        }
        let changes = mirror.settle()
        for note in changes.notes { log(note) }
        dumps.want(changes.doubtful)
        let kinds = dumps.take(at: now)
        if !kinds.isEmpty { effects.append(.dump(kinds)) }
        effects += changes.neighbours.map { .neighbour($0) }
        settleSettings(isTouched: changes.setUp, at: now)
        guard !isStopped else { return }
        settlePorts(at: now)
        if changes.registration { conversation.changed(.vmRegisterRequest(configuration.vmID)) }
        for key in changes.prefixes {
            conversation.changed(.route(configuration.vmID, key.prefix))
        }
        guard isReady else { return }
        let envelopes = conversation.flush(wantedTable, whileBusy: load.isBusy(at: now), at: now)
        guard !envelopes.isEmpty else { return }
        load.sent(envelopes, at: now)
        effects.append(.send(envelopes))
    }

    // MARK: Log

    mutating func log(_ line: LogLine) {
        var line = line
        line.ids["vm_id"] = configuration.vmID.description
        effects.append(.log(line))
    }

    /// Counts something that went wrong, and says it when the count is worth a line.
    mutating func drop(_ what: String, _ ids: [String: any CustomStringConvertible] = [:]) {
        guard let count = tally.count(what) else { return }
        log(LogLine(.warning, what, ids.merging(["count": count]) { given, _ in given }))
    }

    mutating func stop(_ reason: String) {
        isStopped = true
        effects.append(.stop(reason: reason))
    }
}
