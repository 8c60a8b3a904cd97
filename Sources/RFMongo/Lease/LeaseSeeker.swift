import Logging
import RFLib

/// Waits for the lease, as a stand-by does, and takes it.
struct LeaseSeeker {
    /// How often a stand-by reads the lease.
    private static let interval = Duration.milliseconds(250)

    private let me: LeaseHolder
    private let logger: Logger
    private let started = ContinuousClock.now
    private var watch: LeaseWatch
    private var log: TroubleLog
    /// The term of an order whose answer was lost.
    private var attempted: Int64?
    private var announced: Int64?

    init(_ me: LeaseHolder, logger: Logger) {
        self.me = me
        self.logger = logger
        self.watch = LeaseWatch(me)
        self.log = TroubleLog("reading the lease", logger)
    }

    /// Waits until the lease is this process's. Returns the term, and when the order was given that took it.
    /// - Throws: what waiting does not mend; any `MongoError` once given up.
    mutating func seek(
        _ client: borrowing MongoClient, unless givenUp: Latch
    ) throws(MongoError) -> (term: Int64, began: ContinuousClock.Instant) {
        while true {
            let began = ContinuousClock.now
            do {
                let lease = try client.readLease()
                log.succeeded()
                // It was taken by an order whose answer was lost; how long ago does not matter once it is renewed.
                if let lease, lease.term == attempted, try client.renewLease(term: lease.term) {
                    return (lease.term, began)
                }
                // The beat that was read may be from the very end of the reading.
                if watch.mayTake(lease, at: Instant(sinceStart: .now - started)) {
                    let term = try newTerm(above: lease?.term ?? 0, client)
                    attempted = term
                    if try client.takeLease(lease, as: me, term: term) { return (term, began) }
                } else if let lease {
                    announce(lease)
                }
            } catch {
                watch.failed()
                guard error.code == .unreachable else { throw error }
                log.failed(error)
            }
            if givenUp.wait(atMost: Self.interval) {
                throw MongoError(.unreachable, "given up while waiting for the lease")
            }
        }
    }

    /// The next epoch of rfserver; above the lease's term even if somebody has removed the epochs.
    private func newTerm(above term: Int64, _ client: borrowing MongoClient) throws(MongoError) -> Int64 {
        while true {
            let epoch = try client.nextEpoch(for: .rfserver)
            if epoch > term { return epoch }
            logger.warning(
                "the epochs in the database were behind the lease: they are raised",
                metadata: ["epoch": "\(epoch)", "term": "\(term)"])
            try client.raiseEpoch(for: .rfserver, to: term)
        }
    }

    private mutating func announce(_ lease: Lease) {
        guard announced != lease.term else { return }
        announced = lease.term
        logger.notice(
            "stand-by: another rfserver is at work; this one takes over when that is gone",
            metadata: [
                "host": "\(lease.holder?.host ?? "unknown")", "pid": "\(lease.holder?.pid ?? 0)",
                "term": "\(lease.term)",
            ])
    }
}
