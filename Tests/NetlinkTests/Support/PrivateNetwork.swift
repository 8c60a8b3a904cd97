import Glibc

@testable import Netlink

/// A network namespace of its own, which lives as long as the object: a thread that has left the process's namespace,
/// and that runs what the test hands it. Nothing is named, so nothing can be left behind.
final class PrivateNetwork: Sendable {
    /// What a test that needs root says without it.
    struct NeedsRoot: Error, CustomStringConvertible {
        let description = "this test makes a network namespace: run it as root"
    }

    /// A thread in the process's own namespace, which wakes tasks for those in others. Who wakes a task may have to start a
    /// thread of Swift's pool for it, which begins in the same namespace, and then so do the servers of other tests there.
    private static let outside = Result { try JobThread(named: "test-outside") }

    private let thread: JobThread
    /// The thread, by which `ip link set ... netns` can name the namespace.
    let threadID: Int32

    /// Makes the namespace, with its loopback interface up.
    init() async throws {
        _ = try Self.outside.get()
        thread = try JobThread(named: "test-netns")
        threadID = try await Self.run(on: thread) {
            guard leaveNetwork() else { throw NeedsRoot() }
            return currentThreadID()
        }
        try await ip("link set lo up")
    }

    deinit {
        thread.close()
    }

    /// Runs a body on the namespace's thread.
    func run<Success: Sendable>(_ body: @escaping @Sendable () throws -> Success) async throws -> Success {
        try await Self.run(on: thread, body)
    }

    private static func run<Success: Sendable>(
        on thread: JobThread, _ body: @escaping @Sendable () throws -> Success
    ) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            thread.post {
                let result = Result { try body() }
                wake { continuation.resume(with: result) }
            }
        }
    }

    /// Does from outside what wakes a task.
    static func wake(_ job: @escaping @Sendable () -> Void) {
        (try? outside.get())?.post(job)
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
