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

    /// The lease was renewed by an order that was given so long ago.
    mutating func renewed(ago age: Duration, at now: Instant) {
        ends = now.advanced(by: Lease.doubt - age)
    }

    /// Judges anew. Returns true if the judgement has changed.
    mutating func tick(at now: Instant) -> Bool {
        let wasSure = isSure
        isSure = ends.map { now < $0 } ?? true
        return isSure != wasSure
    }
}
