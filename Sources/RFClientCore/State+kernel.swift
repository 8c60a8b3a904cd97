import Logging
import Netlink
import RFLib

extension ClientCore {
    mutating func handle(_ event: NetlinkEvent, at now: Instant) {
        switch event {
        case .dumpEnded(let kind):
            dumps.ended(kind)
        case .dumpFailed(let kind, let error):
            dumps.failed(kind, at: now)
            drop("a dump of the kernel's tables failed", ["kind": kind.rawValue, "reason": error])
        case .overrun:
            dumps.want(Set(DumpKind.allCases))
            drop("the kernel's events overran: all tables are read again")
        default:
            break
        }
        mirror.apply(event)
    }

    mutating func neighbourFailed(_ command: NeighbourCommand, _ reason: String, at now: Instant) {
        if mirror.refuse(command), neighbourRetry == nil {
            neighbourRetry = now.advanced(by: .seconds(5))
        }
        drop(
            "the kernel refused an order about a neighbour",
            ["address": command.key.address, "link": command.key.linkIndex, "reason": reason])
    }
}

/// How far the VM is set up as a router.
struct SettingsState: Sendable {
    /// True once everything was set up, if only for the interfaces of that moment.
    fileprivate(set) var isApplied = false
    fileprivate var asked: VMSettings?
    /// When settings that failed are tried again.
    fileprivate(set) var deadline: Instant?
}

extension ClientCore {
    mutating func settingsApplied(_ notes: [String]) {
        if !settings.isApplied {
            log(LogLine(.info, "the VM is set up as a router", ["prefixes": mirror.prefixes.winnerCount]))
        }
        settings.isApplied = true
        for note in notes { log(LogLine(.notice, note)) }
    }

    mutating func settingsFailed(_ reason: String, at now: Instant) {
        guard settings.isApplied else {
            return stop("the VM cannot be set up as a router: \(reason)")
        }
        drop("the VM's settings could not be applied", ["reason": reason])
        settings.deadline = now.advanced(by: .seconds(10))
    }

    /// Has the settings applied, once all tables are known, and again whenever they are for other interfaces.
    mutating func settleSettings(isTouched: Bool, at now: Instant) {
        let isRetry = settings.deadline.map { $0 <= now } ?? false
        guard mirror.isComplete, isTouched || isRetry else { return }
        if settings.asked == nil, mirror.isDefaultRoute(through: configuration.management) {
            return stop(
                "the VM's default route leads out of the management interface \(configuration.management), "
                    + "where nothing is forwarded: remove it, for example with "
                    + "`ip route del default dev \(configuration.management)`")
        }
        let wanted = wantedSettings
        guard wanted != settings.asked || isRetry else { return }
        settings.deadline = nil
        settings.asked = wanted
        effects.append(.apply(wanted))
    }

    private var wantedSettings: VMSettings {
        let links = mirror.links
        let management = links.links.values.first { $0.name == configuration.management }
        return VMSettings(
            management: configuration.management,
            managementNetworks: management.map { mirror.addresses.networks(on: $0.index) } ?? [],
            dataInterfaces: links.registration.map(\.name))
    }
}
