import CMongoC
import Logging
import RFLib
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// libmongoc's own log, led into this process's.
enum MongoLog {
    private struct Capture {
        var thread: pthread_t
        var lines: [String] = []
    }

    /// At most one thread at a time has its lines captured; `captures` keeps the others waiting.
    private static let captures = Mutex(())
    private static let current = Mutex<Capture?>(nil)
    private static let logger = Logger.toStandardError("mongoc")

    /// Initialises libmongoc, once in a process: "mongoc_init() must be called before any other function"
    /// (libmongoc's documentation, Initialization and cleanup).
    ///
    /// The library makes a file for its performance counters in /dev/shm already when it is loaded. A process that is
    /// killed would leave it there, and the next one with that process id would say so on stderr: its name goes now.
    static let start: Void = {
        mongoc_init()
        shm_unlink("/mongoc-\(getpid())")
        mongoc_log_set_handler(
            { level, _, message, _ in
                guard let message else { return }
                MongoLog.take(level, String(cString: message))
            }, nil)
    }()

    /// Runs `body`, and returns what libmongoc said on this thread in the meantime instead of logging it.
    static func capturing<Result>(_ body: () -> Result) -> (result: Result, lines: [String]) {
        captures.withLock { _ in
            current.withLock { $0 = Capture(thread: pthread_self()) }
            let result = body()
            let lines = current.withLock { capture in
                defer { capture = nil }
                return capture?.lines ?? []
            }
            return (result, lines)
        }
    }

    private static func take(_ level: mongoc_log_level_t, _ message: String) {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        let isCaptured = current.withLock { capture in
            guard let thread = capture?.thread, pthread_equal(thread, pthread_self()) != 0 else {
                return false
            }
            capture?.lines.append(line)
            return true
        }
        if !isCaptured { logger.log(level: level.swiftLevel, "\(line)") }
    }
}

extension mongoc_log_level_t {
    /// Calls report their failures themselves; what libmongoc logs besides repeats them in its own terms.
    fileprivate var swiftLevel: Logger.Level {
        switch self {
        case MONGOC_LOG_LEVEL_ERROR, MONGOC_LOG_LEVEL_CRITICAL: .warning
        case MONGOC_LOG_LEVEL_WARNING, MONGOC_LOG_LEVEL_MESSAGE, MONGOC_LOG_LEVEL_INFO: .debug
        default: .trace
        }
    }
}
