import Dispatch
public import Logging

/// Tells a core one event after another on a queue of its own, and has its effects carried out there, in order.
public actor CoreRunner<Core: DaemonCore> {
    private let executor: QueueExecutor
    private let carryOut: @Sendable (Core.Effect) -> Void
    private let recorder: Recorder<Core.Event>?
    private let logger: Logger
    private let started = ContinuousClock.now
    private var core: Core
    private var timer: (any DispatchSourceTimer)?
    private var timerAt: Instant?

    /// The queue's thread, so that the isolation of the actor is that of the queue.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Creates a runner. Nothing happens before the first event.
    /// - Parameters:
    ///   - recorder: takes each event before the core does.
    ///   - carryOut: carries out one effect. It must not block for long: the next event waits.
    public init(
        _ core: Core, recorder: Recorder<Core.Event>?, logger: Logger,
        carryOut: @escaping @Sendable (Core.Effect) -> Void
    ) {
        self.executor = QueueExecutor(label: "core.\(logger.label)")
        self.core = core
        self.recorder = recorder
        self.logger = logger
        self.carryOut = carryOut
    }

    /// Tells the core an event, after all that were posted before. May be called from any thread.
    /// - Parameter afterwards: runs when the core has been told, so that a source can bound what waits.
    public nonisolated func post(_ event: Core.Event, afterwards: (@Sendable () -> Void)? = nil) {
        executor.queue.async {
            self.assumeIsolated { $0.handle(event) }
            afterwards?()
        }
    }

    /// Tells the core an event that is made only when its turn comes, such as one that says how long ago something was.
    public nonisolated func post(_ event: @escaping @Sendable () -> Core.Event) {
        executor.queue.async { self.assumeIsolated { $0.handle(event()) } }
    }

    /// Runs some set-up during which no event reaches the core; those that are posted meanwhile follow after it.
    ///
    /// Channels need a core to report to, and the core needs channels to send on: both exist when this returns.
    public nonisolated func whileHeld<Result>(_ setUp: () throws -> Result) rethrows -> Result {
        executor.queue.suspend()
        defer { executor.queue.resume() }
        return try setUp()
    }

    private func handle(_ event: Core.Event) {
        let now = Instant(sinceStart: ContinuousClock.now - started)
        do {
            try recorder?.record(event, at: now)
        } catch {
            logger.error("the event could not be recorded", metadata: ["error": "\(error)"])
        }
        for effect in core.handle(event, at: now) { carryOut(effect) }
        armTimer()
    }

    private func armTimer() {
        guard let deadline = core.deadline else {
            timer?.cancel()
            timer = nil
            timerAt = nil
            return
        }
        guard deadline != timerAt else { return }
        let timer = self.timer ?? makeTimer()
        let wait = max(.zero, deadline.sinceStart - (ContinuousClock.now - started))
        let (seconds, attoseconds) = wait.components
        let nanoseconds = min(seconds, 1_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
        timer.schedule(deadline: .now() + .nanoseconds(Int(nanoseconds)), leeway: .milliseconds(1))
        timerAt = deadline
    }

    private func makeTimer() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: executor.queue)
        timer.setEventHandler { [weak self] in
            self?.assumeIsolated { runner in
                runner.timerAt = nil
                runner.handle(Core.timePassed)
            }
        }
        self.timer = timer
        timer.resume()
        return timer
    }
}
