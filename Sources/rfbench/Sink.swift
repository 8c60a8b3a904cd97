import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import NetTypes
import OpenFlow
import RFProxyCore
import RFTestKit

/// `rfbench sink`.
struct Sink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A switch that counts flow mods, answers barriers and ARP, and forgets.",
        discussion:
            "Prints what it has counted whenever that has changed, at most five times a second. Runs until killed."
    )

    /// What has come so far. Times are seconds since 1970.
    struct Report: Encodable, Equatable {
        var adds = 0
        var modifies = 0
        var deletes = 0
        var barriers = 0
        var firstFlow: Double?
        var lastFlow: Double?
        var lastBarrier: Double?
    }

    @Option(help: ArgumentHelp("The controller.", valueName: "host:port"))
    var connect: ListenAddress = .standard

    @Option(name: .customLong("dp-id"), help: ArgumentHelp("The switch's identity.", valueName: "id"))
    var datapath = DatapathID(rawValue: 0x99)

    @Option(help: ArgumentHelp("How many ports it has.", valueName: "number"))
    var ports: UInt16 = 2

    func run() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let over = loop.makePromise(of: Void.self)
        let fake = FakeSwitch(datapath, ports: ports)
        try await SwitchEnd.connect(to: connect, on: loop) {
            SwitchEnd(fake, watcher: SinkWatcher(over: over))
        }
        try await over.futureResult.get()
    }
}

/// Counts.
private final class SinkWatcher: SwitchWatcher {
    private let over: EventLoopPromise<Void>
    private var report = Sink.Report()
    private var reported = Sink.Report()

    /// Where the command of a flow mod is, behind its header: after the match and the cookie (5.3.3).
    private static let commandOffset = 48
    private static let pause = TimeAmount.milliseconds(200)

    init(over: EventLoopPromise<Void>) {
        self.over = over
    }

    func connected(_ end: SwitchEnd) {
        over.futureResult.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { self.tell(end) }
    }

    private func tell(_ end: SwitchEnd) {
        if report != reported {
            reported = report
            do { try RFBench.report(report) } catch { over.fail(error) }
        }
        connected(end)
    }

    func take(_ frame: OpenFlowFrame, of end: SwitchEnd) -> Bool {
        switch OpenFlow10.MessageType(rawValue: frame.header.type) {
        case .flowMod:
            let now = Date().timeIntervalSince1970
            if report.firstFlow == nil { report.firstFlow = now }
            report.lastFlow = now
            let body = frame.body
            switch body.getInteger(at: body.readerIndex + Self.commandOffset, as: UInt16.self) {
            case OpenFlow10.FlowModCommand.add.rawValue: report.adds += 1
            case OpenFlow10.FlowModCommand.deleteStrict.rawValue: report.deletes += 1
            default: report.modifies += 1
            }
            return true
        case .barrierRequest:
            report.barriers += 1
            report.lastBarrier = Date().timeIntervalSince1970
            return false
        case .packetOut:
            if let answer = Self.answer(to: frame) { end.write(answer) }
            return true
        default:
            return false
        }
    }

    /// What a host behind the port would say to an ARP request for whatever address (RFC 826), so that routes have a next hop.
    private static func answer(to frame: OpenFlowFrame) -> ByteBuffer? {
        guard case .packetOut(let packet) = try? OpenFlow10.Envelope(frame).message,
            case .output(let port, _) = packet.actions.first, packet.data.readableBytes >= 42
        else { return nil }
        let request = Array(packet.data.readableBytesView)
        guard request[12..<14] == [0x08, 0x06], request[20..<22] == [0, 1] else { return nil }
        let (asker, asked) = (request[22..<32], request[38..<42])
        let host = BenchFlow.neighbour.bytes
        let reply = asker.prefix(6) + host + request[12..<20] + [0, 2] + host + asked + asker
        return FakeSwitch.bytes(
            0,
            .packetIn(
                OpenFlow10.PacketIn(
                    totalLength: UInt16(reply.count), inPort: port, reason: .action,
                    data: ByteBuffer(bytes: reply))))
    }

    func becameWritable(_ end: SwitchEnd) {}

    func failed(_ end: SwitchEnd, _ error: any Error) {
        over.fail(error)
    }
}
