import Dispatch

/// Runs an actor on a dispatch queue, so that plain threads can reach it in order and without an async hop.
final class QueueExecutor: SerialExecutor {
    let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Lets `assumeIsolated` accept code that is on the queue without being in one of the actor's jobs.
    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
