#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The threads of one service: those that block in libmongoc, which Swift's own pool must not.
final class Threads: Sendable {
    private let running = Monitor(0)

    /// Runs `body` on a thread of its own.
    func start(_ body: @escaping @Sendable () -> Void) {
        running.change { $0 += 1 }
        startThread { [running] in
            body()
            running.change { $0 -= 1 }
        }
    }

    /// Waits until none of them runs. Returns false if the time is up first.
    func wait(atMost limit: Duration) -> Bool {
        running.wait(atMost: limit) { $0 == 0 ? true : nil } ?? false
    }
}

/// Runs `body` on a thread of its own, and awaits its result.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        startThread { continuation.resume(returning: body()) }
    }
}

/// Runs `body` on a new detached thread, where it is released too.
private func startThread(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let result = pthread_create(
        &thread, nil,
        { box in
            guard let box else { return nil }
            Unmanaged<ThreadBody>.fromOpaque(box).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    precondition(result == 0, "the system refuses to start a thread (error \(result))")
    pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
