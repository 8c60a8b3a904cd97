import Logging
import RFLib

extension Backoff {
    /// How a thread tries again what the database did not do: after 100 ms, then later and later, up to 5 s.
    static func retries() -> Backoff {
        Backoff(from: .milliseconds(100), upTo: .seconds(5), seed: .random(in: .min ... .max))
    }
}

/// Says what keeps something from being done: each new reason once, and any reason every ten seconds.
struct TroubleLog {
    private let what: String
    private let logger: Logger
    private var last: (reason: String, at: ContinuousClock.Instant)?

    /// - Parameter what: what is being tried, for people.
    init(_ what: String, _ logger: Logger) {
        self.what = what
        self.logger = logger
    }

    /// It has failed once more.
    mutating func failed(_ error: MongoError) {
        if let last, last.reason == error.description, last.at.duration(to: .now) < .seconds(10) { return }
        last = (error.description, .now)
        logger.warning("\(what): trying again", metadata: ["reason": "\(error)"])
    }

    /// It is done.
    mutating func succeeded() {
        if last != nil { logger.info("\(what): done") }
        last = nil
    }
}

/// Tries until the database answers.
/// - Parameters:
///   - what: what is being tried, for the log.
///   - givenUp: ends the trying.
/// - Throws: `MongoError` if waiting does not mend it, or when given up.
func retry<Success>(
    _ what: String, unless givenUp: Latch, _ logger: Logger, _ attempt: () throws(MongoError) -> Success
) throws(MongoError) -> Success {
    var backoff = Backoff.retries()
    var log = TroubleLog(what, logger)
    while true {
        do {
            let result = try attempt()
            log.succeeded()
            return result
        } catch {
            guard error.code == .unreachable else { throw error }
            log.failed(error)
            guard !givenUp.wait(atMost: backoff.step()) else { throw error }
        }
    }
}
