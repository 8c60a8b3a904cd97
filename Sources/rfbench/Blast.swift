import ArgumentParser
import NIOCore
import NIOPosix
import OpenFlow
import RFProxyCore

/// `rfbench blast`.
struct Blast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How long a switch takes for flow mods that are written in one go.",
        discussion:
            "Waits for one switch, and measures from the first byte to the reply to a barrier behind the last."
    )

    /// The result.
    struct Report: Encodable {
        let flows: Int
        /// Flow mods that the switch refused.
        let errors: Int
        let seconds: Double
    }

    @Option(help: ArgumentHelp("Where the switch connects to.", valueName: "host:port"))
    var listen = ListenAddress(host: "127.0.0.1", port: 6733)

    @Option(help: ArgumentHelp("How many flow mods.", valueName: "number"))
    var flows = 100_000

    func run() async throws {
        let flows = flows
        let bytes = try BenchFlow.encoded(flows, barrier: UInt32(flows))
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Report.self)
        let server = try await ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        BlastHandler(bytes, flows: flows, done: done))
                }
            }
            .bind(host: listen.host, port: listen.port).get()
        try RFBench.report(["listening": listen.port])
        let report = try await done.futureResult.get()
        try await server.close()
        try RFBench.report(report)
    }
}

/// A controller that says hello and everything else at once.
private final class BlastHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let bytes: ByteBuffer
    private let flows: Int
    private let done: EventLoopPromise<Blast.Report>
    private let messages = NIOSingleStepByteToMessageProcessor(OpenFlowFrameDecoder())
    private var start: ContinuousClock.Instant?
    private var errors = 0

    init(_ bytes: ByteBuffer, flows: Int, done: EventLoopPromise<Blast.Report>) {
        self.bytes = bytes
        self.flows = flows
        self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
        write(.hello, xid: 0, context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try messages.process(buffer: unwrapInboundIn(data)) { received($0, context) }
        } catch {
            done.fail(error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(BenchError(description: "the switch has closed the connection"))
    }

    private func received(_ frame: OpenFlowFrame, _ context: ChannelHandlerContext) {
        switch OpenFlow10.MessageType(rawValue: frame.header.type) {
        case .hello where start == nil:
            start = .now
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        case .echoRequest:
            write(.echoReply(frame.body), xid: frame.header.xid, context)
        case .error:
            errors += 1
        case .barrierReply:
            guard let start else { return }
            let seconds = (ContinuousClock.now - start).seconds
            done.succeed(Blast.Report(flows: flows, errors: errors, seconds: seconds))
        default: break
        }
    }

    private func write(_ message: OpenFlow10.Message, xid: UInt32, _ context: ChannelHandlerContext) {
        var bytes = ByteBuffer()
        do {
            try OpenFlow10.Envelope(xid: xid, message).encode(into: &bytes)
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        } catch {
            done.fail(error)
        }
    }
}
