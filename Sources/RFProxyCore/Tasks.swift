//
//   switches            the event loop's thread                              the channel's own thread
//
//   TCP <------> SwitchHandler --frames--> ProxyLoop --events--> ProxyCore
//                  |    ^                    |    ^                |
//                  |    '---bytes, close-----'    '----effects-----'
//                  |                              ^  |
//   TCP <------> SwitchHandler                    |  '--envelopes--> IPCChannel.send
//          (packets: in here, out there,          |
//           without the core's events)            '--eventLoop.execute--- IPCChannel's events <--- MongoDB
//
// Over TLS, NIO's handler for it stands between TCP and SwitchHandler; all else is the same.
//
// One event loop, one thread: handlers, loop and core are confined to it. Nothing there waits. What a switch does not
// take waits in its handler (packets, by class) or stays in the core (flow mods, behind a window of barriers).

public import Logging
import NIOCore
import NIOPosix
public import RFLib
public import ServiceLifecycle

/// rfproxy as a service: listens, runs the core, and ends cleanly.
public final class ProxyService: Service {
    private let settings: ProxySettings
    private let listen: ListenSettings
    private let ipc: any IPCService
    private let recorder: Recorder<ProxyEvent>?
    private let logger: Logger
    private let onListening: @Sendable ([Transport: Int]) -> Void

    /// The longest that the end may take at the channel to rfserver.
    private static let closeLimit = Duration.seconds(1)

    /// A service that does nothing before it is run.
    /// - Parameters:
    ///   - recorder: takes each event before the core does, if any.
    ///   - onListening: told the TCP ports as soon as switches may connect.
    public init(
        settings: ProxySettings, listen: ListenSettings, ipc: any IPCService,
        recorder: Recorder<ProxyEvent>? = nil, logger: Logger,
        onListening: @escaping @Sendable ([Transport: Int]) -> Void = { _ in }
    ) {
        self.settings = settings
        self.listen = listen
        self.ipc = ipc
        self.recorder = recorder
        self.logger = logger
        self.onListening = onListening
    }

    /// Runs until the graceful shutdown, or until the core gives up.
    /// - Throws: `ProxyError`, or what the database refuses for good.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await run(on: group.next())
        } catch {
            await ipc.close(within: Self.closeLimit)
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    /// Files that are open besides connections, at most: the database's connections, the log, the recording.
    private static let otherFiles = 128

    private func run(on eventLoop: any EventLoop) async throws {
        let files = UInt(ProxyCore.mostConnections + Self.otherFiles)
        let allowed = OpenFiles.allow(files)
        if allowed < files {
            logger.warning(
                "this process may have too few files open for all connections that it allows (ulimit -Hn)",
                metadata: ["allowed": "\(allowed)", "wanted": "\(files)"])
        }
        // The addresses are taken first, so that a wrong one is told at once, whatever the database does.
        let binding = ServerBinding(eventLoop: eventLoop)
        let servers = try await bind(binding)
        let name = PeerName.rfproxy(settings.ctID)
        logger.info("listening, waiting for the database", metadata: listen.metadata)
        let (stops, stopped) = AsyncStream.makeStream(of: String.self)
        let epoch: Int64
        let serverTerm: Int64
        do {
            (epoch, serverTerm) = try await cancelWhenGracefulShutdown { [ipc] in
                (try await ipc.nextEpoch(for: name), try await ipc.presentTerm())
            }
        } catch is CancellationError {
            return await ipc.close(within: Self.closeLimit)
        }
        let loop = try await eventLoop.submit { [settings, recorder, logger, ipc] in
            let loop = ProxyLoop(
                settings: settings, epoch: epoch, serverTerm: serverTerm, on: eventLoop,
                recorder: recorder, logger: logger
            ) { stopped.yield($0) }
            let bound = NIOLoopBound(loop, eventLoop: eventLoop)
            loop.start(channel: ipc.open(.proxies, as: name) { Self.post($0, to: bound, on: eventLoop) })
            binding.loop.value = loop
            return bound
        }.get()
        for server in servers.values { try await server.setOption(.autoRead, value: true).get() }
        logger.info(
            "switches may connect", metadata: listen.metadata.merging(["epoch": "\(epoch)"]) { own, _ in own }
        )
        onListening(servers.compactMapValues { $0.localAddress?.port })

        let reason = await withGracefulShutdownHandler {
            await stops.first { _ in true }
        } onGracefulShutdown: {
            stopped.finish()
        }
        for server in servers.values { try? await server.close() }
        try await eventLoop.submit { loop.value.end() }.get()
        await ipc.close(within: Self.closeLimit)
        if let reason { throw ProxyError.stopped(reason: reason) }
        logger.info("stopped")
    }

    private func bind(_ binding: ServerBinding) async throws(ProxyError) -> [Transport: any Channel] {
        var servers: [Transport: any Channel] = [:]
        if let tls = listen.tls {
            let identity = try TLSIdentity(tls.files, logger: logger)
            servers[.tls] = try await binding.bind(to: tls.address, as: identity)
        }
        if let address = listen.tcp { servers[.tcp] = try await binding.bind(to: address) }
        return servers
    }

    /// Hands the channel's events to the loop, an envelope at a time, so that packets get their turn between them.
    private static func post(
        _ event: IPCEvent, to loop: NIOLoopBound<ProxyLoop>, on eventLoop: any EventLoop
    ) {
        guard case .received(let envelopes) = event else {
            return eventLoop.execute { loop.value.handle(.ipc(event)) }
        }
        for envelope in envelopes {
            eventLoop.execute { loop.value.handle(.ipc(.received([envelope]))) }
        }
    }
}
