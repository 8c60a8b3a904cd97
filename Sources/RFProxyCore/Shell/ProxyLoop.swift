import Logging
import NIOCore
import NetTypes
import OpenFlow
import RFLib

/// The core and its hands, all on one event loop: no locks, and no thread but this one touches a switch.
final class ProxyLoop {
    private let eventLoop: any EventLoop
    private let recorder: Recorder<ProxyEvent>?
    private let logger: Logger
    private let started = ContinuousClock.now
    private let stop: (String) -> Void

    private var core: ProxyCore
    private var channel: (any IPCChannel)?
    private var handlers: [SessionID: SwitchHandler] = [:]
    private var lastSession: UInt64 = 0
    private var tally = Tally()

    /// What the core has yet to be told: the messages of the present turn of the event loop, and what comes while its decisions are
    /// carried out, for a closed connection reports itself at once.
    private var events = CircularBuffer<ProxyEvent>()
    private var isHandling = false
    private var isHandlingDue = false
    private var timer: Scheduled<Void>?
    private var timerAt: Instant?
    /// Switches for which packets were gathered in the present turn of the event loop.
    private var flushes: [SwitchHandler] = []
    private var isFlushDue = false
    private var backlogs = Backlogs()
    private var idleShare = IdleShare()

    /// Connections at once: a few more than the core lets stay, since those that it closes are not gone at once.
    private static let mostConnections = ProxyCore.mostConnections + 64
    /// Bytes that may wait for a switch before it is taken for dead: flow mods of a whole window are a quarter. Who has not said yet that
    /// it is a switch is sent nothing that would have to wait.
    private static let mostWaiting = 4 << 20
    /// Bytes that may wait for all together that take no more, before the idle one for which most waits is taken for dead.
    private static let mostWaitingTogether = 64 << 20

    /// - Parameters:
    ///   - recorder: takes each event before the core does.
    ///   - stop: called when the core gives up, with the reason.
    init(
        settings: ProxySettings, epoch: Int64, serverTerm: Int64, on eventLoop: any EventLoop,
        recorder: Recorder<ProxyEvent>?, logger: Logger, stop: @escaping (String) -> Void
    ) {
        self.eventLoop = eventLoop
        self.recorder = recorder
        self.logger = logger
        self.stop = stop
        self.core = ProxyCore(settings: settings, epoch: epoch, serverTerm: serverTerm, at: .start)
    }

    /// Begins to talk to rfserver.
    func start(channel: any IPCChannel) {
        self.channel = channel
        handle(.timePassed)
    }

    private var now: Instant { Instant(sinceStart: ContinuousClock.now - started) }

    // MARK: Events

    /// Tells the core an event, and carries out what it decides.
    func handle(_ event: ProxyEvent) {
        events.append(event)
        handleEvents()
    }

    /// Tells the core an event at the end of the present turn of the event loop, with all others of that turn.
    private func handleLater(_ event: ProxyEvent) {
        events.append(event)
        guard !isHandlingDue else { return }
        isHandlingDue = true
        eventLoop.assumeIsolated().execute {
            self.isHandlingDue = false
            self.handleEvents()
        }
    }

    private func handleEvents() {
        guard !isHandling else { return }
        isHandling = true
        defer { isHandling = false }
        while !events.isEmpty {
            let now = now
            while let event = events.popFirst() {
                record(event, at: now)
                core.take(event, at: now)
            }
            for effect in core.conclude(at: now) { carryOut(effect) }
        }
        armTimer()
    }

    private func record(_ event: ProxyEvent, at now: Instant) {
        do {
            try recorder?.record(event, at: now)
        } catch {
            logger.error("the event could not be recorded", metadata: ["error": "\(error)"])
        }
    }

    private func carryOut(_ effect: ProxyEffect) {
        switch effect {
        case .send(let envelopes): channel?.send(envelopes)
        case .write(let session, let buffer): handlers[session]?.write(buffer)
        case .close(let session):
            // The socket may take a while to close, where TLS says goodbye.
            backlogs.forget(session)
            handlers[session]?.close()
        case .log(let line): line.write(to: logger)
        case .stop(let reason): stop(reason)
        }
    }

    /// Sets the timer for the core's deadline. One that is set for earlier stays: it costs less to come in vain.
    private func armTimer() {
        guard let deadline = core.deadline else { return }
        if let timerAt, timerAt <= deadline { return }
        timer?.cancel()
        timerAt = deadline
        let wait = max(.zero, deadline.sinceStart - now.sinceStart)
        timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) {
            self.timerAt = nil
            self.handle(.timePassed)
        }
    }

    /// Says the last word to rfserver, closes the connections, and lets no timer come any more.
    func end() {
        handle(.ending)
        timer?.cancel()
        for handler in Array(handlers.values) { handler.close() }
    }

    // MARK: Switches

    /// Makes a handler for a connection, or none if there are too many.
    func makeHandler(over transport: Transport) -> SwitchHandler? {
        guard handlers.count < Self.mostConnections else {
            if let count = tally.count("too many") {
                logger.warning(
                    "refused a connection: there are \(Self.mostConnections)", metadata: ["count": "\(count)"]
                )
            }
            return nil
        }
        lastSession += 1
        return SwitchHandler(SessionID(rawValue: lastSession), over: transport, loop: self)
    }

    func opened(_ handler: SwitchHandler, from address: SocketAddress?) {
        handlers[handler.id] = handler
        let peer = address?.ipAddress.flatMap { IPAddress($0)?.unmapped }
        handle(.connected(handler.id, from: peer, over: handler.transport))
    }

    func received(_ frame: OpenFlowFrame, from handler: SwitchHandler) {
        guard frame.header.type == OpenFlow10.MessageType.packetIn.rawValue, frame.header.version == .v10,
            let envelope = try? OpenFlow10.Envelope(frame), case .packetIn(let packet) = envelope.message
        else { return handleLater(.received(handler.id, SwitchFrame(frame))) }
        switch core.packetIn(packet, from: handler.id, at: now) {
        case .pass(let destination, let port, let packetClass, let source):
            let isSent = handlers[destination]?.send(
                packet.data, out: port, packetClass, from: source)
            if isSent == false { core.overflowed(source)?.write(to: logger) }
        case .claim:
            handleLater(.received(handler.id, SwitchFrame(frame)))
        case .drop(let line):
            line?.write(to: logger)
        }
    }

    func writabilityChanged(_ handler: SwitchHandler, _ isWritable: Bool) {
        if isWritable { backlogs.forget(handler.id) }
        handleLater(.writable(handler.id, isWritable))
    }

    /// The handshake of TLS has failed.
    func refused(_ handler: SwitchHandler, _ reason: String) {
        handle(.refused(handler.id, reason: reason))
        handler.close()
    }

    /// True if nobody needs the switch as yet.
    func isIdle(_ handler: SwitchHandler) -> Bool { core.isIdle(handler.id) }

    /// An idle switch has said so much. Returns how long it is not to be heard for that; nil for not at all.
    func waitOfIdle(after cost: Int, at now: NIODeadline) -> TimeAmount? {
        idleShare.wait(after: cost, at: now)
    }

    /// A switch takes no more, and so many bytes wait for it.
    func waits(_ handler: SwitchHandler, bytes: Int) {
        let most = core.isIntroduced(handler.id) ? Self.mostWaiting : 0
        if bytes > most { return failed(handler, "does not read what it is sent") }
        backlogs.note(bytes, for: handler.id)
        guard backlogs.total > Self.mostWaitingTogether,
            let largest = backlogs.largest(where: core.isIdle).flatMap({ handlers[$0] })
        else { return }
        failed(largest, "does not read what it is sent, as too many others")
    }

    /// The connection is of no more use.
    func failed(_ handler: SwitchHandler, _ reason: String) {
        backlogs.forget(handler.id)
        handle(.disconnected(handler.id, reason: reason))
        handler.close()
    }

    func closed(_ handler: SwitchHandler) {
        handlers[handler.id] = nil
        backlogs.forget(handler.id)
        handle(.disconnected(handler.id, reason: "the connection was closed"))
    }

    // MARK: Packets

    /// Packets were gathered for a switch.
    func willFlush(_ handler: SwitchHandler) {
        flushes.append(handler)
    }

    /// The present read is over. What all the reads of one turn of the event loop led to goes out at its end, in one write
    /// for each switch.
    func packetsRead(from handler: SwitchHandler) {
        core.heardPackets(from: handler.id)
        guard !flushes.isEmpty, !isFlushDue else { return }
        isFlushDue = true
        eventLoop.assumeIsolated().execute {
            self.isFlushDue = false
            for handler in self.flushes { handler.flushPackets() }
            self.flushes.removeAll(keepingCapacity: true)
        }
    }
}
