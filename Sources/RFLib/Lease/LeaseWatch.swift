/// How a stand-by judges whether the lease may be taken: by its own clock, from what it reads.
public struct LeaseWatch: Sendable {
    private let me: LeaseHolder
    private var last: (term: Int64, beat: Int64, since: Instant)?
    private var lastRead: Instant?

    /// - Parameter me: the process that watches.
    public init(_ me: LeaseHolder) {
        self.me = me
    }

    /// The lease was read. Returns true if it may be taken.
    ///
    /// Standing still counts only while this process reads it again and again: if the database or this process itself stood
    /// still, the holder had no chance to show that it lives.
    public mutating func mayTake(
        _ lease: Lease?, at now: Instant, runs: (Int32, UInt64) -> Bool = LeaseHolder.mayRun
    ) -> Bool {
        guard let lease, let holder = lease.holder else { return true }
        if holder.isGone(seenBy: me, runs: runs) { return true }
        if let lastRead, now.sinceStart - lastRead.sinceStart > Lease.renewal * 2 { last = nil }
        lastRead = now
        guard let last, last.term == lease.term, last.beat == lease.beat else {
            last = (lease.term, lease.beat, now)
            return false
        }
        return now.sinceStart - last.since.sinceStart >= Lease.patience
    }

    /// The lease could not be read.
    public mutating func failed() {
        last = nil
    }
}
