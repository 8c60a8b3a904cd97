import Synchronization

/// One call from async code that blocks on a thread, and that can be given up.
///
/// libmongoc cannot be interrupted: when the caller gives up, it goes on at once, and the thread ends by itself later.
final class BlockingCall<Success: Sendable>: Sendable {
    private enum Progress {
        case new
        case waiting(CheckedContinuation<Success, any Error>)
        case over
    }

    /// Set when nobody waits for the result any more.
    let givenUp = Latch()
    private let progress = Mutex(Progress.new)

    /// Runs `body` on a thread of these.
    /// - Throws: what `body` throws; `CancellationError` if the task is cancelled or the call is given up.
    func run(
        on threads: Threads,
        _ body: @escaping @Sendable (_ givenUp: Latch) -> Result<Success, any Error>
    ) async throws -> Success {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = progress.withLock { progress in
                    if case .over = progress { return true }
                    progress = .waiting(continuation)
                    return false
                }
                guard !isOver else { return continuation.resume(throwing: CancellationError()) }
                threads.start { self.finish(body(self.givenUp)) }
            }
        } onCancel: {
            giveUp()
        }
    }

    /// Has the caller go on, with a `CancellationError`.
    func giveUp() {
        // In this order, so that the thread does not come first with a reason of its own.
        finish(.failure(CancellationError()))
        givenUp.set()
    }

    private func finish(_ result: Result<Success, any Error>) {
        let waiting: CheckedContinuation<Success, any Error>? = progress.withLock { progress in
            defer { progress = .over }
            if case .waiting(let continuation) = progress { return continuation }
            return nil
        }
        waiting?.resume(with: result)
    }
}
