import Dispatch
public import Logging
import NetTypes
import Netlink
public import RFLib
public import ServiceLifecycle
import Synchronization

/// The shell of rfclient.
///
///     kernel --events, dumps--> NetlinkMonitor's threads --.netlink--.  (Backlog: bounded)
///                                                                    v
///     MongoDB reader thread ----------------------------.ipc--> [ queue: ClientCore ] --.send--> MongoDB writer thread
///                                                                ^   |  |
///           .neighbourFailed, .linkAddressFailed, .frameFailed --'   |  '--.neighbour, .setLinkAddress, .sendFrame--> kernel
///                                                                    '--.apply--> [ queue: VMSettings, one at a time ]
public struct ClientService: Service {
    private let ipc: any IPCService
    private let machine: Machine
    private let maxHosts: Int
    private let netlinkBuffer: Int
    private let recorder: Recorder<ClientEvent>?
    private let logger: Logger

    /// Prepares rfclient. Nothing is started.
    /// - Parameters:
    ///   - maxHosts: how many hosts on connected subnets may have flows.
    ///   - netlinkBuffer: the size in octets of the kernel's buffer for its messages to us.
    public init(
        ipc: any IPCService, machine: Machine, maxHosts: Int, netlinkBuffer: Int,
        recorder: Recorder<ClientEvent>?, logger: Logger
    ) {
        self.ipc = ipc
        self.machine = machine
        self.maxHosts = maxHosts
        self.netlinkBuffer = netlinkBuffer
        self.recorder = recorder
        self.logger = logger
    }

    /// Runs until the shutdown, or until rfclient must not go on.
    /// - Throws: `ClientError`, or what makes the database unusable.
    public func run() async throws {
        do {
            let start = try await cancelWhenGracefulShutdown {
                (
                    epoch: try await ipc.nextEpoch(for: .rfclient(machine.vmID)),
                    serverTerm: try await ipc.presentTerm()
                )
            }
            try await serve(epoch: start.epoch, serverTerm: start.serverTerm)
        } catch is CancellationError {
            // The shutdown came while the database was awaited.
        } catch {
            await ipc.close(within: .seconds(1))
            throw error
        }
        await ipc.close(within: .milliseconds(1500))
        logger.info("stopped")
    }

    private func serve(epoch: Int64, serverTerm: Int64) async throws {
        let core = ClientCore(
            ClientCore.Configuration(
                vmID: machine.vmID, bootID: machine.bootID, hostName: machine.hostName, epoch: epoch,
                serverTerm: serverTerm, management: machine.management,
                maxHosts: maxHosts, canManageNeighbours: machine.canManageNeighbours))
        let (stops, stop) = AsyncStream<String>.makeStream()
        let outlets = try Outlets()
        let runner = CoreRunner(core, recorder: recorder, logger: logger) { effect in
            switch effect {
            case .log(let line): line.write(to: logger)
            case .stop(let reason): stop.yield(reason)
            default: outlets.carryOut(effect)
            }
        }
        let backlog = Backlog(limit: 1 << 18)
        try runner.whileHeld {
            try outlets.open(on: ipc, as: machine.vmID, netlinkBuffer: netlinkBuffer) { event in
                guard case .netlink(let events) = event else { return runner.post(event) }
                guard backlog.admit(events) else { return }
                runner.post(event) {
                    if backlog.handled(events.count) { runner.post(.netlink([.overrun])) }
                }
            }
        }
        defer { outlets.close() }
        runner.post(.timePassed)
        logger.info(
            "started",
            metadata: [
                "vm_id": "\(machine.vmID)", "epoch": "\(epoch)", "interface": "\(machine.management)",
            ])
        try await withGracefulShutdownHandler {
            for await reason in stops { throw ClientError.stopped(reason: reason) }
        } onGracefulShutdown: {
            stop.finish()
        }
    }
}

/// Where the effects go. Opened once, before the first event.
private final class Outlets: Sendable {
    private struct Ends {
        var monitor: NetlinkMonitor?
        var channel: (any IPCChannel)?
        var report: (@Sendable (ClientEvent) -> Void)?
    }

    private let commands: NetlinkCommands
    private let frames: RawFrameSender
    private let settings = DispatchQueue(label: "settings")
    private let ends = Mutex(Ends())

    init() throws(ClientError) {
        do {
            commands = try NetlinkCommands()
            frames = try RawFrameSender()
        } catch {
            throw .kernel(reason: "\(error)")
        }
    }

    func open(
        on ipc: any IPCService, as vmID: VMID, netlinkBuffer: Int,
        report: @escaping @Sendable (ClientEvent) -> Void
    ) throws(ClientError) {
        let monitor: NetlinkMonitor
        do {
            monitor = try NetlinkMonitor(configuration: .init(receiveBuffer: netlinkBuffer)) {
                report(.netlink($0))
            }
        } catch {
            throw .kernel(reason: "\(error)")
        }
        let channel = ipc.open(.clients, as: .rfclient(vmID)) { report(.ipc($0)) }
        ends.withLock { $0 = Ends(monitor: monitor, channel: channel, report: report) }
    }

    func close() {
        let ends = ends.withLock { ends in
            defer { ends = Ends() }
            return ends
        }
        ends.monitor?.stop()
    }

    func carryOut(_ effect: ClientEffect) {
        let ends = ends.withLock { $0 }
        switch effect {
        case .send(let envelopes):
            ends.channel?.send(envelopes)
        case .dump(let kinds):
            ends.monitor?.dump(kinds)
        case .neighbour(let command):
            do throws(NetlinkError) {
                try obey(command)
            } catch {
                ends.report?(.neighbourFailed(command, reason: "\(error)"))
            }
        case .setLinkAddress(let index, let address):
            do throws(NetlinkError) {
                try commands.setLinkAddress(index: index, address)
            } catch {
                ends.report?(.linkAddressFailed(linkIndex: index, reason: "\(error)"))
            }
        case .sendFrame(let index, let bytes):
            do throws(NetlinkError) {
                try frames.send(bytes, linkIndex: index)
            } catch {
                ends.report?(.frameFailed(linkIndex: index, reason: "\(error)"))
            }
        case .apply(let wanted):
            apply(wanted, ends.report)
        case .log, .stop:
            break
        }
    }

    private func obey(_ command: NeighbourCommand) throws(NetlinkError) {
        let index = command.key.linkIndex
        let address = IPAddress.v4(command.key.address)
        switch command {
        case .manage: try commands.manageNeighbour(linkIndex: index, address: address)
        case .unmanage: try commands.unmanageNeighbour(linkIndex: index, address: address)
        case .probe: try commands.probe(linkIndex: index, address: address)
        case .delete: try commands.deleteNeighbour(linkIndex: index, address: address)
        }
    }

    /// Programs are run for some settings: the core's queue must not wait for them.
    private func apply(_ wanted: VMSettings, _ report: (@Sendable (ClientEvent) -> Void)?) {
        settings.async {
            do throws(NetlinkError) {
                report?(.settingsApplied(notes: try wanted.apply()))
            } catch {
                report?(.settingsFailed(reason: "\(error)"))
            }
        }
    }
}
