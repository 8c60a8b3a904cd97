import NIOCore
import NIOPosix
import OpenFlow
import RFProxyCore
import RFTestKit

/// What is done with what a controller sends to fake switches. All on one event loop.
protocol SwitchWatcher: AnyObject {
    /// A switch has a connection.
    func connected(_ end: SwitchEnd)
    /// A message has come. Returns false if the switch itself is to answer it.
    func take(_ frame: OpenFlowFrame, of end: SwitchEnd) -> Bool
    /// The switch's socket takes data again.
    func becameWritable(_ end: SwitchEnd)
    /// The connection is gone.
    func failed(_ end: SwitchEnd, _ error: any Error)
}

/// The connection of a fake switch to a controller. `FakeSwitch` answers what is not measured.
final class SwitchEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var fake: FakeSwitch
    private let watcher: any SwitchWatcher
    private let messages = NIOSingleStepByteToMessageProcessor(OpenFlowFrameDecoder())
    private var context: ChannelHandlerContext?
    private var answers = ByteBuffer()

    init(_ fake: FakeSwitch, watcher: any SwitchWatcher) {
        self.fake = fake
        self.watcher = watcher
    }

    /// Connects a switch that `make` makes, on the loop.
    static func connect(
        to address: ListenAddress, on loop: any EventLoop, _ make: @escaping @Sendable () -> SwitchEnd
    ) async throws {
        _ = try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(make())
                }
            }
            .connect(host: address.host, port: address.port).get()
    }

    /// True if the socket takes more at once.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Sends bytes to the controller.
    func write(_ bytes: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        write(fake.connect())
        watcher.connected(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try messages.process(buffer: unwrapInboundIn(data)) { frame in
                if !watcher.take(frame, of: self) { try answer(frame) }
            }
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard answers.readableBytes > 0 else { return }
        write(answers)
        answers = ByteBuffer()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { watcher.becameWritable(self) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        watcher.failed(self, BenchError(description: "the controller has closed a connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        watcher.failed(self, error)
        context.close(promise: nil)
    }

    private func answer(_ frame: OpenFlowFrame) throws {
        // Each says the highest version that it speaks (5.5.1): that may be any, and 1.0 is what both then speak.
        guard frame.header.type != OpenFlow10.MessageType.hello.rawValue else { return }
        var bytes = ByteBuffer()
        frame.header.encode(into: &bytes)
        bytes.writeImmutableBuffer(frame.body)
        answers.writeImmutableBuffer(try fake.receive(bytes))
        fake.forgetMessages()
    }
}
