import Netlink
import RFLib

/// Which tables have to be dumped, which are being dumped, and which have been.
struct DumpTracker: Sendable {
    private enum Progress {
        case asked
        /// Something happened since it was asked for that it may not show.
        case askedTooEarly
    }

    private var wanted = Set(DumpKind.allCases)
    private var running: [DumpKind: Progress] = [:]
    private var known: Set<DumpKind> = []
    private var retry: Instant?
    private var backoff = Backoff(from: .milliseconds(100), upTo: .seconds(10), seed: 1)

    /// True once each table has been dumped as a whole.
    var isComplete: Bool { known.count == DumpKind.allCases.count }

    /// When a dump that failed is tried again.
    var deadline: Instant? { wanted.isEmpty ? nil : retry }

    /// Only a dump from now on can tell.
    mutating func want(_ kinds: Set<DumpKind>) {
        for kind in kinds {
            if running[kind] == nil {
                wanted.insert(kind)
            } else {
                running[kind] = .askedTooEarly
            }
        }
    }

    mutating func ended(_ kind: DumpKind) {
        known.insert(kind)
        backoff.reset()
        if running.removeValue(forKey: kind) == .askedTooEarly { wanted.insert(kind) }
    }

    mutating func failed(_ kind: DumpKind, at now: Instant) {
        running[kind] = nil
        wanted.insert(kind)
        retry = now.advanced(by: backoff.step())
    }

    /// What is to be asked for now.
    mutating func take(at now: Instant) -> Set<DumpKind> {
        if let retry, retry > now { return [] }
        retry = nil
        defer { wanted = [] }
        for kind in wanted { running[kind] = .asked }
        return wanted
    }
}
