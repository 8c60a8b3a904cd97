import NetTypes
import RFLib
import RFServerCore

/// rfserver's core with VMs and rfproxies that speak the real streams to it, and no database.
struct Scene {
    var core: ServerCore
    var now = Instant.start
    private var epoch: Int64 = 1
    var vms: [VMID: Speaker] = [:]
    /// The rfproxies that are running.
    var proxies: [Int32: Speaker] = [0: Speaker("rfproxy.0", epoch: 1, at: .start)]
    /// The only one, in most tests.
    var proxy: Speaker {
        get { proxies[0] ?? Speaker("rfproxy.0", epoch: 0, at: now) }
        set { proxies[0] = newValue }
    }
    /// What was done besides sending.
    private(set) var effects: [ServerEffect] = []
    /// What the core was told, and when.
    private(set) var told: [(event: ServerEvent, at: Instant)] = []
    /// False while the virtual switch takes its time.
    var configures = true
    /// What it decided, call by call.
    private(set) var decided: [[ServerEffect]] = []
    /// What the database holds.
    private(set) var stored: [String: RFEntry] = [:]

    init(
        mapping: MappingFile = MappingFile(), isStrict: Bool = false,
        settings: ServerSettings = ServerSettings()
    ) {
        core = ServerCore(
            table: RFTable(mapping: mapping, isStrict: isStrict), epoch: 1, settings: settings, at: .start)
        for name in [ChannelName.clients, .proxies] { handle(.ipc(name, .connected)) }
    }

    mutating func handle(_ event: ServerEvent) {
        let effects = core.handle(event, at: now)
        told.append((event, now))
        decided.append(effects)
        for effect in effects {
            switch effect {
            case .send(_, let envelopes): for envelope in envelopes { deliver(envelope) }
            case .save(let changes):
                for change in changes { stored[change.id] = change.entry }
            default: self.effects.append(effect)
            }
        }
        if configures, effects.contains(.configureVirtualSwitch) {
            handle(.virtualSwitchConfigured(changes: []))
        }
    }

    /// Carries envelopes until all are silent.
    mutating func settle() {
        while true {
            var isSilent = true
            for ctID in proxies.keys.sorted() {
                for envelope in proxies[ctID]?.flush(at: now) ?? [] {
                    isSilent = false
                    handle(.ipc(.proxies, .received([envelope])))
                }
            }
            for vmID in vms.keys.sorted() {
                for envelope in vms[vmID]?.flush(at: now) ?? [] {
                    isSilent = false
                    handle(.ipc(.clients, .received([envelope])))
                }
            }
            if isSilent { return }
        }
    }

    /// Lets time pass. VMs and rfproxies that are `silent` say and hear nothing meanwhile.
    mutating func pass(_ duration: Duration, silent: Set<VMID> = [], silentProxies: Set<Int32> = []) {
        let end = now.advanced(by: duration)
        let quiet = vms.filter { silent.contains($0.key) }
        let quietProxies = proxies.filter { silentProxies.contains($0.key) }
        for vmID in silent { vms[vmID] = nil }
        for ctID in silentProxies { proxies[ctID] = nil }
        settle()
        while let due = ([core.deadline] + proxies.values.map(\.deadline) + vms.values.map(\.deadline))
            .compactMap({ $0 }).min(),
            due <= end
        {
            now = max(now, due)
            handle(.timePassed)
            settle()
        }
        now = end
        vms.merge(quiet) { $1 }
        proxies.merge(quietProxies) { $1 }
    }

    mutating func restartServer(mapping: MappingFile = MappingFile()) {
        epoch += 1
        core = ServerCore(
            table: RFTable(stored: Array(stored.values), mapping: mapping), epoch: epoch, at: now)
        effects = []
        for name in [ChannelName.clients, .proxies] { handle(.ipc(name, .connected)) }
    }

    /// The flows that an rfproxy has been told of, by prefix.
    func flows(on dpID: DatapathID, of vmID: VMID, by ctID: Int32 = 0) -> [String: Forwarding] {
        var flows: [String: Forwarding] = [:]
        for case .flowMod(let flow) in (proxies[ctID]?.replica ?? [:]).values
        where flow.dpID == dpID && flow.source == vmID.dataAddress {
            flows["\(flow.prefix)"] = flow.forwarding
        }
        return flows
    }

    func isComplete(_ dpID: DatapathID) -> Bool { proxy.replica[.tableComplete(dpID)] != nil }

    var portMaps: Set<PortMap> {
        Set(proxy.replica.values.compactMap { if case .portMap(let map) = $0 { map } else { nil } })
    }

    private mutating func deliver(_ envelope: Envelope) {
        if let ctID = envelope.to.ctID {
            proxies[ctID]?.receive(envelope, at: now)
        } else if let vmID = envelope.to.vmID {
            vms[vmID]?.receive(envelope, at: now)
        }
    }
}
