import Dispatch
public import Logging
public import RFLib
public import ServiceLifecycle
import Synchronization

/// The shell of rfserver.
///
///     MongoDB reader threads --.ipc events--> [ queue: ServerCore ] --.send, .save--> MongoDB writer threads
///                                                |         ^
///                                .configureVirtualSwitch   | .virtualSwitchConfigured, .virtualSwitchFailed
///                                                v         |
///                                      [ queue: ovs-vsctl, one run at a time ]
public struct ServerService: Service {
    private let ipc: any IPCService
    private let mapping: MappingFile
    private let isStrict: Bool
    private let settings: ServerSettings
    private let virtualSwitch: VirtualSwitchKeeper?
    private let recorder: Recorder<ServerEvent>?
    private let logger: Logger

    /// Prepares rfserver. Nothing is started.
    /// - Parameter virtualSwitch: nil if somebody else configures Open vSwitch.
    public init(
        ipc: any IPCService, mapping: MappingFile, isStrict: Bool, settings: ServerSettings,
        virtualSwitch: VirtualSwitchKeeper?, recorder: Recorder<ServerEvent>?, logger: Logger
    ) {
        self.ipc = ipc
        self.mapping = mapping
        self.isStrict = isStrict
        self.settings = settings
        self.virtualSwitch = virtualSwitch
        self.recorder = recorder
        self.logger = logger
    }

    /// Waits for the lease, as a stand-by if another rfserver has it, and runs until the shutdown, or until the lease is lost.
    /// - Throws: `ServerError.stopped`, or what makes the database unusable.
    public func run() async throws {
        do {
            let lease = LeaseOutlet()
            let start = try await cancelWhenGracefulShutdown {
                (
                    term: try await ipc.acquireLease(as: .current()) { lease.tell($0) },
                    rows: try await ipc.loadTable()
                )
            }
            try await serve(epoch: start.term, rows: start.rows, lease: lease)
        } catch is CancellationError {
            // The shutdown came while the database was awaited.
        } catch {
            await ipc.close(within: .seconds(1))
            throw error
        }
        await ipc.close(within: .milliseconds(1500))
        logger.info("stopped")
    }

    private func serve(epoch: Int64, rows: [RFEntry], lease: LeaseOutlet) async throws {
        let core = ServerCore(
            table: RFTable(stored: rows, mapping: mapping, isStrict: isStrict), epoch: epoch,
            settings: settings,
            at: .start)
        let (stops, stop) = AsyncStream<String>.makeStream()
        let outlets = Outlets()
        let runner = CoreRunner(core, recorder: recorder, logger: logger) { effect in
            switch effect {
            case .send(let channel, let envelopes): outlets.send(envelopes, on: channel)
            case .save(let changes): ipc.save(changes)
            case .log(let line): line.write(to: logger)
            case .configureVirtualSwitch: outlets.configureVirtualSwitch()
            case .stop(let reason): stop.yield(reason)
            }
        }
        runner.whileHeld {
            // First, so that the core never judges without it.
            lease.open { event in
                switch event {
                case .renewed(let moment): runner.post { .leaseRenewed(ago: moment.duration(to: .now)) }
                case .lost: runner.post(.leaseLost)
                }
            }
            outlets.open(on: ipc) { runner.post(.ipc($0, $1)) }
            if let virtualSwitch { outlets.keep(virtualSwitch) { runner.post($0) } }
        }
        runner.post(.timePassed)
        logger.info("started", metadata: ["epoch": "\(epoch)", "rows": "\(rows.count)"])
        try await withGracefulShutdownHandler {
            for await reason in stops { throw ServerError.stopped(reason: reason) }
        } onGracefulShutdown: {
            stop.finish()
        }
    }
}

/// Where the effects go. Filled once, before the first event.
private final class Outlets: Sendable {
    private let channels = Mutex<[ChannelName: any IPCChannel]>([:])
    private let configure = Mutex<(@Sendable () -> Void)?>(nil)

    func open(on ipc: any IPCService, onEvent: @escaping @Sendable (ChannelName, IPCEvent) -> Void) {
        for name in [ChannelName.clients, .proxies] {
            let channel = ipc.open(name, as: .rfserver) { onEvent(name, $0) }
            channels.withLock { $0[name] = channel }
        }
    }

    func keep(_ virtualSwitch: VirtualSwitchKeeper, onEvent: @escaping @Sendable (ServerEvent) -> Void) {
        let queue = DispatchQueue(label: "ovs-vsctl")
        configure.withLock {
            $0 = {
                queue.async {
                    do {
                        onEvent(.virtualSwitchConfigured(changes: try virtualSwitch.configure()))
                    } catch {
                        onEvent(.virtualSwitchFailed(reason: "\(error)"))
                    }
                }
            }
        }
    }

    func send(_ envelopes: [Envelope], on name: ChannelName) {
        channels.withLock { $0[name] }?.send(envelopes)
    }

    func configureVirtualSwitch() {
        configure.withLock { $0 }?()
    }
}
