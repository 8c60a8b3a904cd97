import Logging
import RFLib
import Synchronization

/// Holds the lease for an rfserver. One thread with one client runs it.
final class LeaseKeeper: Sendable {
    /// The holder's epoch.
    let term: Int64
    private let onEvent: @Sendable (LeaseEvent) -> Void
    private let logger: Logger
    private let closed = Latch()
    /// Until when nobody else can have taken it.
    private let end: Mutex<ContinuousClock.Instant>

    /// Takes up a lease that was taken by an order given at `began`.
    init(
        term: Int64, takenAt began: ContinuousClock.Instant, logger: Logger,
        onEvent: @escaping @Sendable (LeaseEvent) -> Void
    ) {
        self.term = term
        self.end = Mutex(began.advanced(by: Lease.doubt))
        self.logger = logger
        self.onEvent = onEvent
    }

    /// True while nobody else can have taken it.
    var isSure: Bool { end.withLock { ContinuousClock.now < $0 } }

    /// Has the thread give the lease back, and end.
    func close() {
        closed.set()
    }

    /// Renews it until closed, or until it is another's.
    func run(_ pool: MongoPool) {
        let client = MongoClient(pool)
        var log = TroubleLog("renewing the lease", logger)
        while !closed.isSet {
            let began = ContinuousClock.now
            do {
                guard try client.renewLease(term: term) else { return onEvent(.lost) }
                log.succeeded()
                end.withLock { $0 = began.advanced(by: Lease.doubt) }
                onEvent(.renewed(at: began))
            } catch {
                log.failed(error)
            }
            closed.wait(atMost: max(.milliseconds(50), Lease.renewal - began.duration(to: .now)))
        }
        // If this fails, the others wait until it has stood still.
        try? client.releaseLease(term: term)
    }
}
