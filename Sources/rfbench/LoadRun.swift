import NIOCore
import NetTypes
import OpenFlow
import RFTestKit

/// A run of `rfbench load`: sends packets from switches, and counts answers. Confined to one event loop.
final class LoadRun: SwitchWatcher {
    /// The switch that receives the answers, if that is not the one that sent the packet. Its port N answers to the Nth switch.
    var answerer: SwitchEnd?

    private let mode: Load.Mode
    private let seconds: Int
    private let done: EventLoopPromise<Load.Report>
    private var senders: [Sender] = []
    private var numbers: [ObjectIdentifier: Int] = [:]
    private var phase = Phase.connecting
    private var answers = 0
    private var lost = 0

    private struct Sender {
        let end: SwitchEnd
        let packet: ByteBuffer
        let burst: ByteBuffer
        var hasAnswer = false
        var sentAt = ContinuousClock.now
    }

    private enum Phase {
        /// Until each switch has had an answer.
        case connecting
        case running
        case over
    }

    private static let burst = 32
    private static let packetSize = 64
    private static let probePause = TimeAmount.milliseconds(100)
    private static let patience = Duration.seconds(30)
    private static let warmUp = TimeAmount.seconds(1)
    /// Where the port of a packet-out's first action is, behind its header (5.3.6, 5.2.4).
    private static let outPortOffset = 12

    init(mode: Load.Mode, seconds: Int, done: EventLoopPromise<Load.Report>) {
        self.mode = mode
        self.seconds = seconds
        self.done = done
    }

    /// Adds a switch that sends packets.
    func add(_ end: SwitchEnd) {
        let packet = Self.packetIn(senders.count)
        var burst = ByteBuffer()
        for _ in 0..<Self.burst { burst.writeImmutableBuffer(packet) }
        numbers[ObjectIdentifier(end)] = senders.count
        senders.append(Sender(end: end, packet: packet, burst: burst))
    }

    private static func packetIn(_ number: Int) -> ByteBuffer {
        var packet = FakePacket(
            to: BenchFlow.router, from: MACAddress(rawValue: 0x0200_00BE_0000 + UInt64(number)),
            IPv4Address(rawValue: 0xAC1F_0102), IPv4Address(rawValue: 0xC612_0001))
        packet.length = packetSize
        let message = OpenFlow10.PacketIn(
            totalLength: UInt16(packetSize), inPort: OpenFlow10.PortNumber(rawValue: 1), reason: .noMatch,
            data: ByteBuffer(bytes: packet.bytes))
        return FakeSwitch.bytes(0, .packetIn(message))
    }

    // MARK: Phases

    /// Begins, when all switches are connected.
    func start() {
        probe(until: .now + Self.patience)
    }

    /// Sends single packets until all switches have had an answer: only then does the controller know everything.
    private func probe(until deadline: ContinuousClock.Instant) {
        let silent = senders.filter { !$0.hasAnswer }
        if silent.isEmpty { return begin() }
        guard .now < deadline else {
            return done.fail(BenchError(description: "\(silent.count) switches have no answer"))
        }
        for sender in silent { sender.end.write(sender.packet) }
        later(Self.probePause) { self.probe(until: deadline) }
    }

    private func begin() {
        phase = .running
        for number in senders.indices { send(number) }
        if mode == .latency { watchForLosses() }
        later(Self.warmUp) {
            let (start, first) = (ContinuousClock.now, self.answers)
            self.lost = 0
            self.later(.seconds(Int64(self.seconds))) { self.end(since: start, first) }
        }
    }

    private func end(since start: ContinuousClock.Instant, _ first: Int) {
        phase = .over
        let seconds = (ContinuousClock.now - start).seconds
        let count = answers - first
        done.succeed(
            Load.Report(answers: count, lost: lost, seconds: seconds, rate: Double(count) / seconds))
    }

    private func watchForLosses() {
        guard case .running = phase else { return }
        let limit = ContinuousClock.now - .seconds(1)
        for number in senders.indices where senders[number].sentAt < limit {
            lost += 1
            send(number)
        }
        later(Self.probePause) { self.watchForLosses() }
    }

    private func later(_ pause: TimeAmount, _ body: @escaping () -> Void) {
        done.futureResult.eventLoop.assumeIsolated().scheduleTask(in: pause, body)
    }

    // MARK: Packets

    private func send(_ number: Int) {
        let end = senders[number].end
        switch mode {
        case .latency:
            senders[number].sentAt = .now
            end.write(senders[number].packet)
        case .throughput:
            while end.isWritable { end.write(senders[number].burst) }
        }
    }

    func take(_ frame: OpenFlowFrame, of end: SwitchEnd) -> Bool {
        let type = OpenFlow10.MessageType(rawValue: frame.header.type)
        guard type == .packetOut || type == .flowMod else { return false }
        guard let number = answerer == nil ? numbers[ObjectIdentifier(end)] : sender(answeredBy: frame, end)
        else { return true }
        senders[number].hasAnswer = true
        guard case .running = phase else { return true }
        answers += 1
        if mode == .latency { send(number) }
        return true
    }

    private func sender(answeredBy frame: OpenFlowFrame, _ end: SwitchEnd) -> Int? {
        let body = frame.body
        guard end === answerer,
            let port = body.getInteger(at: body.readerIndex + Self.outPortOffset, as: UInt16.self),
            senders.indices.contains(Int(port) - 1)
        else { return nil }
        return Int(port) - 1
    }

    func connected(_ end: SwitchEnd) {}

    func becameWritable(_ end: SwitchEnd) {
        guard case .running = phase, mode == .throughput, let number = numbers[ObjectIdentifier(end)] else {
            return
        }
        send(number)
    }

    func failed(_ end: SwitchEnd, _ error: any Error) {
        done.fail(error)
    }
}
