import CMnl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A thread of the system that can be joined: blocking calls stay off Swift's own small pool of threads. One that nobody joins
/// leaves nothing behind when it ends.
struct WorkerThread: ~Copyable, Sendable {
    private let thread: pthread_t

    /// Starts a thread.
    /// - Parameters:
    ///   - name: What `top -H` shows: up to 15 octets.
    ///   - body: What it does.
    /// - Throws: `NetlinkError` with the code `setup`.
    init(named name: String, _ body: @escaping @Sendable () -> Void) throws(NetlinkError) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(name, body))
        let result = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, work.toOpaque())
        guard result == 0 else {
            work.release()
            throw NetlinkError(.setup, errno: result, "cannot start a thread")
        }
        self.thread = thread
    }

    deinit {
        pthread_detach(thread)
    }

    /// Waits for the end of its body. Not to be called by the thread itself.
    consuming func join() {
        pthread_join(thread, nil)
        discard self
    }
}

private final class Work: Sendable {
    private let name: String
    private let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    func run() {
        rf_name_this_thread(name)
        body()
    }
}
