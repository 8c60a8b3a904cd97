import NetTypes
import RFLib
import RFServerCore

/// rfserver's core with a VM and an rfproxy that speak the real streams to it, and no database.
struct Scene {
    var core: ServerCore
    var now = Instant.start
    private var epoch: Int64 = 1
    var vms: [VMID: Speaker] = [:]
    var proxy = Speaker("rfproxy.0", epoch: 1, at: .start)
    /// What was done besides sending.
    private(set) var effects: [ServerEffect] = []
    /// What the core was told, and when.
    private(set) var told: [(event: ServerEvent, at: Instant)] = []
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
                for change in changes {
                    switch change {
                    case .put(let entry): stored[entry.id] = entry
                    case .delete(let id): stored[id] = nil
                    }
                }
            default: self.effects.append(effect)
            }
        }
    }

    /// Carries envelopes until all are silent.
    mutating func settle() {
        while true {
            var isSilent = true
            for envelope in proxy.flush(at: now) {
                isSilent = false
                handle(.ipc(.proxies, .received([envelope])))
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

    /// Lets time pass. VMs in `silent` say nothing meanwhile.
    mutating func pass(_ duration: Duration, silent: Set<VMID> = []) {
        let end = now.advanced(by: duration)
        let quiet = vms.filter { silent.contains($0.key) }
        for vmID in silent { vms[vmID] = nil }
        settle()
        while let due = ([core.deadline, proxy.deadline] + vms.values.map(\.deadline)).compactMap({ $0 })
            .min(),
            due <= end
        {
            now = max(now, due)
            handle(.timePassed)
            settle()
        }
        now = end
        vms.merge(quiet) { $1 }
    }

    mutating func restartServer(mapping: MappingFile = MappingFile()) {
        epoch += 1
        core = ServerCore(
            table: RFTable(stored: Array(stored.values), mapping: mapping), epoch: epoch, at: now)
        effects = []
        for name in [ChannelName.clients, .proxies] { handle(.ipc(name, .connected)) }
    }

    /// The flows that rfproxy has been told of, by prefix.
    func flows(on dpID: DatapathID, of vmID: VMID) -> [String: Forwarding] {
        var flows: [String: Forwarding] = [:]
        for case .flowMod(let flow) in proxy.replica.values
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
        if envelope.to == PeerName("rfproxy.0") {
            proxy.receive(envelope, at: now)
        } else if let vmID = envelope.to.vmID {
            vms[vmID]?.receive(envelope, at: now)
        }
    }
}
