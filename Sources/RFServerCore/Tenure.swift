import RFLib

/// How long this rfserver may write: as long as nobody else can have taken its lease.
///
/// What is written in spite of it, because this process was stopped between this judgement and the writing, is not heeded
/// either: its epoch is the earlier one.
struct Tenure: Sendable {
    /// Nil if there is no lease, as in a replay of an old recording.
    private var ends: Instant?
    /// What `tick` has found last.
    private(set) var isSure = true
    /// How long it was not sure, since somebody took that.
    private var doubt = Duration.zero

    /// The lease was renewed by an order that was given so long ago.
    mutating func renewed(ago age: Duration, at now: Instant) {
        if let ends, ends < now { doubt += ends.duration(to: now) }
        ends = now.advanced(by: Lease.doubt - age)
    }

    /// Takes how long nothing was written here.
    mutating func takeDoubt() -> Duration {
        defer { doubt = .zero }
        return doubt
    }

    /// Judges anew. Returns true if the judgement has changed.
    mutating func tick(at now: Instant) -> Bool {
        let wasSure = isSure
        isSure = ends.map { now < $0 } ?? true
        return isSure != wasSure
    }
}
