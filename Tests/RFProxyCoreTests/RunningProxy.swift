import Foundation
import Logging
import NIOCore
import NetTypes
import RFLib
import RFTestKit
import ServiceLifecycle
import Synchronization

@testable import RFProxyCore

/// rfserver's end of an in-memory channel, beside a real rfproxy.
final class ServerEnd: Sendable {
    private struct State {
        var server: FakeServer
        var channel: (any IPCChannel)?
    }

    private let state: Mutex<State>
    private let started = ContinuousClock.now
    private var now: Instant { Instant(sinceStart: ContinuousClock.now - started) }

    init(_ database: InMemoryDatabase) {
        state = Mutex(State(server: FakeServer(at: .start)))
        let channel = InMemoryIPC(database).open(.proxies, as: .rfserver) { [weak self] event in
            guard let self, case .received(let envelopes) = event else { return }
            self.update { $0.receive(envelopes, at: self.now) }
        }
        state.withLock { $0.channel = channel }
    }

    func say(_ messages: [RFMessage]) {
        update { server in
            for message in messages { server.say(message) }
        }
    }

    var table: [RFKey: RFMessage] { state.withLock { $0.server.table } }

    var streams: Int { state.withLock { $0.server.streams } }

    private func update(_ body: (inout FakeServer) -> Void) {
        state.withLock {
            body(&$0.server)
            let envelopes = $0.server.flush(at: now)
            if !envelopes.isEmpty { $0.channel?.send(envelopes) }
        }
    }
}

/// A whole rfproxy in this process.
final class RunningProxy: Sendable {
    /// Where it takes switches over TCP; 0 for nowhere.
    let port: Int
    /// Where it takes switches over TLS; 0 for nowhere.
    let tlsPort: Int
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(
        _ database: InMemoryDatabase, port: Int? = nil, settings: ProxySettings = ProxySettings(),
        tls: TLSFiles? = nil, isPlain: Bool = true, log: LogLines = LogLines()
    ) async throws {
        let logger = log.logger
        let (ports, told) = AsyncStream.makeStream(of: [Transport: Int].self)
        func loopback(_ port: Int? = nil) throws -> ListenAddress {
            ListenAddress(host: "127.0.0.1", port: try port ?? LoopbackPort.free())
        }
        let service = ProxyService(
            settings: settings,
            listen: ListenSettings(
                tcp: isPlain ? try loopback(port) : nil,
                tls: try tls.map { ListenSettings.TLS(address: try loopback(), files: $0) }),
            ipc: InMemoryIPC(database),
            logger: logger, onListening: { told.yield($0) })
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        self.group = group
        task = Task {
            defer { told.finish() }
            try await group.run()
        }
        guard let ports = await ports.first(where: { _ in true }) else {
            try await task.value
            throw Unexpected("rfproxy ended")
        }
        self.port = ports[.tcp] ?? 0
        tlsPort = ports[.tls] ?? 0
        Self.keepSocketsFromChildren()
    }

    /// NIO's sockets are inherited by the programs that other tests start meanwhile, which then hold the port.
    private static func keepSocketsFromChildren() {
        for descriptor in 3..<Int32(1024) where fcntl(descriptor, F_GETFD) >= 0 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    /// Ends it as SIGTERM does.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }
}

/// Waits for something that another process does. Fails after 60 seconds.
func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !isSo() {
        guard ContinuousClock.now < end else { throw Unexpected("not within 60 s: \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
