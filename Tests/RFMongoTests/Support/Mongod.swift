import Foundation
import RFTestKit
import Synchronization

@testable import RFMongo

/// A mongod of the tests' own: on a free port of the loopback interface, with its data in a temporary folder.
///
/// A shell stands beside it, which kills it and removes its data when this process ends, however that happens.
final class Mongod: Sendable {
    let port: UInt16
    private let folder: String
    private let options: [String]
    private let life = Mutex<Life?>(nil)

    private struct Life {
        var pid: pid_t
        var guardian: Process
        var ended: Latch
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// One for all tests that do not hurt it. Each test has a database to itself.
    static func shared() async throws -> Mongod { try await sharedStart.value }

    private static let sharedStart = Task { try await Mongod.started() }

    /// Starts one that answers.
    static func started(options: [String] = []) async throws -> Mongod {
        let mongod = try Mongod(options: options)
        try await mongod.start()
        return mongod
    }

    /// Starts so many that make up the replica set `r`.
    static func replicaSet(of count: Int) async throws -> [Mongod] {
        var servers: [Mongod] = []
        for _ in 0..<count { servers.append(try await started(options: ["--replSet", "r"])) }
        let members = servers.enumerated().map { #"{"_id": \#($0), "host": "127.0.0.1:\#($1.port)"}"# }
        try await servers[0].run("admin") { (client) throws(MongoError) in
            _ = try client.run(
                document(
                    #"""
                    {"replSetInitiate": {"_id": "r", "settings": {"electionTimeoutMillis": 1000},
                     "members": [\#(members.joined(separator: ","))]}}
                    """#))
        }
        return servers
    }

    /// Prepares one that does not run yet.
    init(options: [String] = []) throws {
        self.options = options
        port = UInt16(try LoopbackPort.free())
        folder = NSTemporaryDirectory() + "rfmongo-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        killNow()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A service on a database of this server.
    /// - Parameter options: of the URI, if any, with the question mark.
    func service(
        _ database: String, ringSize: Int64 = Ring.usualSize, options: String = "",
        logs: LogLines = LogLines()
    ) throws -> MongoIPC {
        try MongoIPC(
            MongoURI("mongodb://127.0.0.1:\(port)/\(database)\(options)"), appName: "tests",
            logger: logs.logger,
            ringSize: ringSize)
    }

    /// Runs commands on a thread of their own.
    func run<Success: Sendable>(
        _ database: String, _ body: @escaping @Sendable (borrowing MongoClient) throws(MongoError) -> Success
    ) async throws -> Success {
        let pool = try MongoPool(MongoURI("mongodb://127.0.0.1:\(port)/\(database)"), appName: "tests")
        return try await onThread {
            let client = MongoClient(pool)
            return Result { try body(client) }
        }.get()
    }

    /// Starts the server, and returns when it accepts connections.
    func start() async throws {
        let guardian = Process()
        guardian.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The guard's input closes when this process ends. A line on it means that the data is still needed.
        let script = """
            exec 3<&0; folder=$1; shift
            "$@" & pid=$!; echo "pid $pid"
            {
                read -r line; kill -9 $pid; while kill -0 $pid; do :; done; [ "$line" ] || rm -rf "$folder"
            } <&3 2>/dev/null &
            wait $pid; echo ended
            """
        guardian.arguments =
            ["-c", script, "sh", folder, try Self.program()]
            + ["--port", "\(port)", "--bind_ip", "127.0.0.1", "--nounixsocket", "--dbpath", folder]
            + ["--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false"]
            + ["--setParameter", "enableTestCommands=1"] + options
        let input = Pipe()
        let output = Pipe()
        guardian.standardInput = input
        guardian.standardOutput = output
        let ended = Latch()
        let pid = try await withCheckedThrowingContinuation {
            (ready: CheckedContinuation<pid_t, any Error>) in
            Thread.detachNewThread {
                // Programs inherit the signal mask of the thread that starts them; Swift's own threads block most.
                var none = sigset_t()
                sigemptyset(&none)
                pthread_sigmask(SIG_SETMASK, &none, nil)
                do { try guardian.run() } catch { return ready.resume(throwing: error) }
                Self.watch(output.fileHandleForReading, ready, ended)
            }
        }
        life.withLock { $0 = Life(pid: pid, guardian: guardian, ended: ended) }
    }

    /// Kills the server as a power cut would, and returns when it is dead.
    func kill() async {
        await onThread { self.killNow() }
    }

    private func killNow() {
        guard
            let life = life.withLock({ life in
                defer { life = nil }; return life
            })
        else { return }
        Foundation.kill(life.pid, SIGKILL)
        life.ended.wait(atMost: .seconds(10))
        try? (life.guardian.standardInput as? Pipe)?.fileHandleForWriting.write(
            contentsOf: Data("keep\n".utf8))
    }

    /// Has the server stand still, without anybody noticing.
    func pause() { life.withLock { if let life = $0 { _ = Foundation.kill(life.pid, SIGSTOP) } } }

    /// Ends the pause.
    func resume() { life.withLock { if let life = $0 { _ = Foundation.kill(life.pid, SIGCONT) } } }

    /// Reads the server's log to its end.
    private static func watch(
        _ handle: FileHandle, _ ready: CheckedContinuation<pid_t, any Error>, _ ended: Latch
    ) {
        var ready: CheckedContinuation<pid_t, any Error>? = ready
        var pid: pid_t = 0
        var tail: [Substring] = []
        var rest = ""
        while case let data = handle.availableData, !data.isEmpty {
            rest += String(decoding: data, as: UTF8.self)
            var lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
            rest = lines.popLast().map(String.init) ?? ""
            for line in lines {
                if line.hasPrefix("pid ") { pid = pid_t(line.dropFirst(4)) ?? 0 }
                if line == "ended" { ended.set() }
                if line.contains("Waiting for connections") {
                    ready?.resume(returning: pid)
                    ready = nil
                }
            }
            tail = (tail + lines).suffix(5)
        }
        ended.set()
        ready?.resume(throwing: Failure(description: "mongod did not start: \(tail.joined(separator: "\n"))"))
    }

    /// `ROUTEFLOW_MONGOD`, or `mongod` on PATH, or where `make setup` puts it.
    private static func program() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["ROUTEFLOW_MONGOD"] { return named }
        let folders =
            (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/var/lib/routeflow/bin"]
        let programs = folders.map { $0 + "/mongod" }
        guard let program = programs.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw Failure(
                description: "these tests need mongod: name it in ROUTEFLOW_MONGOD, or run make setup")
        }
        return program
    }
}
