import Glibc
import Synchronization

@testable import Netlink

/// A network namespace of its own, which lives as long as the object: a thread that has left the process's namespace,
/// and that runs what the test hands it. Nothing is named, so nothing can be left behind.
final class PrivateNetwork: Sendable {
    /// What a test that needs root says without it.
    struct NeedsRoot: Error, CustomStringConvertible {
        let description = "this test makes a network namespace: run it as root"
    }

    private let server: Server
    /// The thread, by which `ip link set ... netns` can name the namespace.
    let threadID: Int32

    /// Makes the namespace, with its loopback interface up.
    init() async throws {
        let server = try Server()
        // Not joined: it ends by itself once the object is gone.
        _ = try WorkerThread(named: "test-netns") { server.serve() }
        self.server = server
        self.threadID = try await server.run {
            guard leaveNetwork() else { throw NeedsRoot() }
            return currentThreadID()
        }
        try await ip("link set lo up")
    }

    deinit {
        server.close()
    }

    /// Runs a body on the namespace's thread.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await server.run(body)
    }

    /// Runs the `ip` program in the namespace, once for each line of words.
    @discardableResult
    func ip(_ commands: String...) async throws -> String {
        try await run {
            try commands.map { try Program.run("ip", $0.split(separator: " ").map(String.init)) }.joined()
        }
    }

    /// Runs one `ip -batch` in the namespace.
    func ipBatch(_ commands: [String]) async throws {
        _ = try await run {
            try Program.run("ip", ["-batch", "-"], input: commands.joined(separator: "\n") + "\n")
        }
    }

    /// How many sockets of a kind (`netlink`, `packet`) there are in the namespace.
    func count(_ kind: String) async throws -> Int {
        try await run {
            try SystemFile.read("/proc/thread-self/net/\(kind)").split(separator: "\n").count - 1
        }
    }

    /// Waits until there are so many sockets of a kind. A program that another test is starting at this moment
    /// has all sockets of the process open for an instant.
    func wait(for sockets: Int, of kind: String) async throws {
        while try await count(kind) != sockets { try Task.checkCancellation() }
    }
}

/// Runs jobs, one after the other, on the thread that serves.
private final class Server: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeup: Wakeup

    init() throws {
        wakeup = try Wakeup()
    }

    func serve() {
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

    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { state in
                state.jobs.append { continuation.resume(with: Swift.Result { try body() }) }
            }
            wakeup.signal()
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wakeup.signal()
    }
}

/// unshare(2) for this thread only. Swift's Glibc does not declare it, since it is a GNU extension.
private func leaveNetwork() -> Bool {
    typealias Unshare = @convention(c) (Int32) -> Int32
    guard let symbol = dlsym(nil, "unshare") else { return false }
    let newNetwork: Int32 = 0x4000_0000
    return unsafeBitCast(symbol, to: Unshare.self)(newNetwork) == 0
}

private func currentThreadID() -> Int32 {
    typealias GetThreadID = @convention(c) () -> Int32
    guard let symbol = dlsym(nil, "gettid") else { return 0 }
    return unsafeBitCast(symbol, to: GetThreadID.self)()
}
