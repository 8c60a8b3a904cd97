import RFLib

/// Finds out in time that a switch is gone: TCP alone may take hours to notice.
struct Keepalive: Sendable {
    /// How often a switch is asked.
    static let interval = Duration.seconds(5)
    /// How long it may be silent after that.
    static let patience = Duration.seconds(10)

    private var askAt: Instant
    private var dieAt: Instant?

    /// What is to be done now.
    enum Verdict: Equatable {
        case ask
        case dead
    }

    init(at now: Instant) {
        askAt = now.advanced(by: Self.interval)
    }

    var deadline: Instant { min(askAt, dieAt ?? askAt) }

    /// The switch has said something.
    mutating func heard() {
        dieAt = nil
    }

    mutating func due(at now: Instant) -> Verdict? {
        if let dieAt, dieAt <= now { return .dead }
        guard askAt <= now else { return nil }
        askAt = now.advanced(by: Self.interval)
        dieAt = dieAt ?? now.advanced(by: Self.patience)
        return .ask
    }
}
