import Synchronization

@testable import Netlink

/// A thread that does jobs, one after the other, until it is closed.
final class JobThread: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeup: Wakeup

    init(named name: String) throws {
        wakeup = try Wakeup()
        // Not joined: it ends by itself.
        _ = try WorkerThread(named: name) { self.serve() }
    }

    /// Has a job done, after those that wait already.
    func post(_ job: @escaping @Sendable () -> Void) {
        state.withLock { $0.jobs.append(job) }
        wakeup.signal()
    }

    /// Ends it once all jobs are done.
    func close() {
        state.withLock { $0.isClosed = true }
        wakeup.signal()
    }

    private func serve() {
        while true {
            let (jobs, isClosed) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isClosed)
            }
            jobs.forEach { $0() }
            if isClosed { return }
            if jobs.isEmpty {
                waitUntilReadable(wakeup.descriptor)
                wakeup.clear()
            }
        }
    }
}
