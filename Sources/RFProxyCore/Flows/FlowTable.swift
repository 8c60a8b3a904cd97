import NIOCore
import NetTypes
import OpenFlow

/// The flows that one datapath is to have, and those that it has: all that can be decided about the difference.
///
/// What is wanted lives as long as rfserver wants it, over any number of connections of the switch. What the switch has
/// is read at each connection, and then follows from what was sent.
struct FlowTable: Sendable {
    var entries: [FlowKey: Entry] = [:]
    var strays = Strays()
    /// Which routers have an address, and since which stream they say so.
    private var owners: [IPv4Address: [MACAddress: UInt32]] = [:] {
        didSet { hasNewOwners = true }
    }
    private var hasNewOwners = false
    /// The number of flows that are wanted for a router.
    private var routes = 0
    /// The stream of rfserver that is followed.
    private var generation: UInt32
    /// True if flows that are not ours may stay where they do no harm.
    let keepsForeign: Bool

    /// What is to be sent: keys, so that the last word is looked up when its turn comes.
    var deletions = CircularBuffer<FlowKey>()
    var changes = CircularBuffer<FlowKey>()
    /// What waits for a reason to be tried again.
    var refused: Set<FlowKey> = []
    /// Ports that are new: a flow may have been refused because its port was not there.
    var newPorts: Set<OpenFlow10.PortNumber> = []
    var flight = Flight()
    /// What the switch made of the flows, until somebody takes it.
    var outcomes: [Outcome] = []
    /// The reading of the flows that is under way while the switch is at work.
    var audit: Audit?

    /// How routing is said to this switch: to one that never came, as to Open vSwitch.
    private(set) var dialect = SwitchDialect.openVSwitch
    /// True once rfserver has said everything that this datapath is to have: what else is there may go.
    private(set) var isComplete = false
    /// False until what the switch has is known.
    private(set) var isRead = false

    /// A table of which nothing is known, in the stream of rfserver with this number.
    init(generation: UInt32, keepsForeign: Bool = false) {
        self.generation = generation
        self.keepsForeign = keepsForeign
    }

    /// Takes the addresses of the routers on this datapath; nil if they are those that were taken last.
    mutating func takeOwnAddresses() -> Set<IPv4Address>? {
        guard hasNewOwners else { return nil }
        hasNewOwners = false
        return Set(owners.keys)
    }

    /// Takes what the switch made of the flows.
    mutating func takeOutcomes() -> [Outcome] {
        defer { if !outcomes.isEmpty { outcomes = [] } }
        return outcomes
    }

    /// The routers that have an address.
    func routers(with address: IPv4Address) -> [MACAddress] {
        owners[address].map { Array($0.keys) } ?? []
    }

    /// The prefix whose flow catches the packets of a flow that is not as it should be: its own, if it still does what it did
    /// before; nil if they go to the VM.
    func carrier(of key: FlowKey) -> IPPrefix? {
        guard key.role == .routed || key.role == .hairpin else { return nil }
        if let entry = entries[key], entry.actual != .absent { return key.prefix }
        return key.address.networks.lazy.filter { $0.length < key.prefix.length }
            .compactMap(OpenFlow10.IPv4Prefix.init).map { FlowKey.routed(key.source, $0) }
            .first { entries[$0].map { $0.actual != .absent } ?? false }?.prefix
    }

    /// The number of flows that are wanted or there.
    var size: Int { entries.count + strays.count }

    /// True if a router is to have any flow here. What the switch says that it has makes none.
    var hasRoutes: Bool { routes > 0 }

    /// True if rfserver has said all, and nothing is to be routed.
    var isUnrouted: Bool { isComplete && !hasRoutes }

    // MARK: What is wanted

    /// A new stream of rfserver begins: what it will not name is not wanted, but nothing can be said about that yet.
    mutating func beginStream(_ generation: UInt32) {
        self.generation = generation
        isComplete = false
    }

    /// rfserver has said everything that this datapath is to have. What only an earlier stream named is not wanted any
    /// more; until this moment it was, since a switch that lost its table meanwhile would lose its routes otherwise. What comes to be
    /// unwanted afterwards is deleted as it comes: said again, the word changes nothing.
    mutating func complete() {
        guard !isComplete else { return }
        owners = owners.mapValues { $0.filter { $0.value == generation } }.filter { !$0.value.isEmpty }
        let stale = entries.filter { $0.value.desired != .absent && $0.value.generation != generation }.keys
        for key in stale {
            guard var entry = entries[key] else { continue }
            decide(.absent, &entry, key)
            if entry.marks.contains(.inFlight) { entry.marks.insert(.changed) }
            entries[key] = entry
            unwanted(key)
        }
        isComplete = true
        deleteSurplus()
    }

    /// What rfserver has said of this datapath is no longer everything.
    mutating func reopen() {
        isComplete = false
    }

    /// A flow that each packet of a protocol needs is wanted.
    mutating func want(_ key: FlowKey, _ action: FlowAction) {
        update(key, to: action)
    }

    /// A router is to treat packets to a prefix in this way; nil if it has nothing to say on the prefix.
    mutating func want(_ source: MACAddress, _ prefix: OpenFlow10.IPv4Prefix, _ action: FlowAction?) {
        if prefix.length == 32 { disown(prefix.address, by: source) }
        let routed = FlowKey.routed(source, prefix)
        if !dialect.clearsInPort { wantHairpin(of: routed, source, prefix, action) }
        if let action { update(routed, to: action) } else { withdraw(routed) }
    }

    /// An address is a router's own.
    mutating func want(_ source: MACAddress, own address: IPv4Address) {
        owners[address, default: [:]][source] = generation
        update(.local(address), to: .controller)
        if dialect.answersARP { update(.arpAnswer(source, address), to: .answerARP) }
        let prefix = OpenFlow10.IPv4Prefix(host: address)
        let routed = FlowKey.routed(source, prefix)
        if !dialect.clearsInPort { wantHairpin(of: routed, source, prefix, nil) }
        withdraw(routed)
    }

    private mutating func disown(_ address: IPv4Address, by source: MACAddress) {
        guard owners[address]?[source] != nil else { return }
        owners[address]?[source] = nil
        withdraw(.arpAnswer(source, address))
        guard owners[address]?.isEmpty ?? true else { return }
        owners[address] = nil
        withdraw(.local(address))
    }

    /// The second flow of a route, for packets that have to leave by the port that they came in by.
    private mutating func wantHairpin(
        of routed: FlowKey, _ source: MACAddress, _ prefix: OpenFlow10.IPv4Prefix, _ action: FlowAction?
    ) {
        if let entry = entries[routed] {
            let before = entry.desired.forwards ? entry.desired : entry.actual
            if before.forwards, before.port != action?.port {
                withdraw(.hairpin(source, prefix, port: before.port.rawValue))
            }
        }
        if let action, action.forwards {
            update(.hairpin(source, prefix, port: action.port.rawValue), to: action)
        }
    }

    private mutating func update(_ key: FlowKey, to action: FlowAction) {
        var entry = entries[key] ?? Entry()
        entry.generation = generation
        if entry.desired != action {
            decide(action, &entry, key)
            entry.marks.subtract([.withdrawn, .refused])
            note(&entry, key)
        }
        entries[key] = entry
    }

    private mutating func withdraw(_ key: FlowKey) {
        guard var entry = entries[key] else { return }
        decide(.absent, &entry, key)
        entry.marks.insert(.withdrawn)
        note(&entry, key)
        entries[key] = entry
        unwanted(key)
    }

    private mutating func decide(_ action: FlowAction, _ entry: inout Entry, _ key: FlowKey) {
        if key.role != .control {
            routes += (action == .absent ? 0 : 1) - (entry.desired == .absent ? 0 : 1)
        }
        entry.desired = action
    }

    private mutating func note(_ entry: inout Entry, _ key: FlowKey) {
        if entry.marks.contains(.inFlight) { entry.marks.insert(.changed) }
        enqueue(&entry, key)
    }

    private mutating func unwanted(_ key: FlowKey) {
        resolve(key)
        settle(key)
    }

    /// A flow is no longer refused.
    private mutating func resolve(_ key: FlowKey) {
        let wasReported = change(key) { $0.marks.remove(.reported) != nil } ?? false
        if wasReported { outcomes.append(.resolved(key)) }
    }

    // MARK: What is there

    /// The switch is gone, or here again: nothing is known of what it has.
    mutating func forgetActual() {
        isRead = false
        deletions.removeAll()
        changes.removeAll()
        strays.removeAll()
        refused.removeAll()
        newPorts.removeAll()
        flight.abandon()
        audit = nil
        entries = entries.filter { $0.value.desired != .absent }
        for key in Array(entries.keys) {
            change(key) {
                $0.actual = .absent
                $0.marks.formIntersection(.reported)
            }
        }
    }

    /// The datapath is another rfproxy's now: nothing is wanted of it here, and nothing is deleted for that.
    mutating func forgetWanted() {
        entries.removeAll()
        routes = 0
        owners.removeAll()
        outcomes.removeAll()
        isComplete = false
    }

    /// It is known how routing is said to the switch that is connected now: some dialects need other flows beside.
    mutating func adopt(_ dialect: SwitchDialect) {
        let before = self.dialect
        self.dialect = dialect
        guard before != dialect else { return }
        defer { routes = entries.count { $0.key.role != .control && $0.value.desired != .absent } }
        for key in Array(entries.keys) where key.role == .hairpin || key.role == .arpAnswer {
            resolve(key)
            entries[key] = nil
        }
        if !dialect.clearsInPort {
            for (key, entry) in entries where key.role == .routed && entry.desired.forwards {
                entries[key.hairpin(port: entry.desired.port)] = Entry(
                    desired: entry.desired, generation: entry.generation)
            }
        }
        guard dialect.answersARP else { return }
        for (address, routers) in owners {
            for (router, generation) in routers {
                entries[.arpAnswer(router, address)] = Entry(desired: .answerARP, generation: generation)
            }
        }
    }

    /// The switch has a flow.
    mutating func found(_ flow: OpenFlow10.FlowStats) {
        if let key = FlowKey(match: flow.match, priority: flow.priority) {
            let action = dialect.action(of: flow, key: key)
            if !keeps(action, key) { entries[key, default: Entry()].actual = action }
        } else if !keepsForeign {
            strays.insert(Strays.Stray(flow))
        }
    }

    /// True if a flow of somebody else's may stay: it is not in the place of one that is wanted.
    func keeps(_ action: FlowAction, _ key: FlowKey) -> Bool {
        keepsForeign && action == .alien && entries[key]?.desired ?? .absent == .absent
    }

    /// The switch has said all its flows. Queues what can be set right by now.
    mutating func endReading() -> Comparison {
        isRead = true
        var comparison = Comparison(surplus: strays.count)
        var differing: [FlowKey] = []
        for (key, entry) in entries {
            switch (entry.desired, entry.actual) {
            case (entry.actual, _): comparison.same += 1
            case (.absent, _): comparison.surplus += 1
            case (_, .absent): comparison.missing += 1
            case (_, _): comparison.different += 1
            }
            if entry.desired == entry.actual {
                resolve(key)
            } else if entry.desired != .absent || entry.marks.contains(.withdrawn) {
                // All else that is too much is looked for below, once everything has been said.
                differing.append(key)
            }
        }
        for key in differing.sorted() { enqueue(key) }
        if isComplete { deleteSurplus() }
        return comparison
    }

    mutating func deleteSurplus() {
        guard isRead else { return }
        let surplus = entries.filter { $0.value.desired == .absent && $0.value.actual != .absent }.keys
        for key in surplus.sorted() { enqueue(key) }
    }

    // MARK: Waiting changes

    /// Puts a flow into the queue in which it belongs, if it differs.
    mutating func enqueue(_ key: FlowKey) {
        guard var entry = entries[key] else { return }
        enqueue(&entry, key)
        entries[key] = entry
    }

    private mutating func enqueue(_ entry: inout Entry, _ key: FlowKey) {
        guard isRead, entry.marks.isDisjoint(with: [.queued, .inFlight]), entry.desired != entry.actual
        else { return }
        if entry.desired != .absent {
            changes.append(key)
        } else if isComplete || entry.marks.contains(.withdrawn) {
            deletions.append(key)
        } else {
            return
        }
        entry.marks.insert(.queued)
    }

    /// Changes an entry where it is. Nil if there is none.
    @discardableResult
    mutating func change<Result>(_ key: FlowKey, _ body: (inout Entry) -> Result) -> Result? {
        guard let index = entries.index(forKey: key) else { return nil }
        return body(&entries.values[index])
    }

    /// Forgets a flow that is neither wanted nor there.
    mutating func settle(_ key: FlowKey) {
        guard let entry = entries[key], entry.desired == .absent, entry.actual == .absent,
            !entry.marks.contains(.inFlight)
        else { return }
        entries[key] = nil
    }
}
