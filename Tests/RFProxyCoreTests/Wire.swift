import NIOCore
import NIOPosix
import NIOSSL
import OpenFlow
import RFTestKit

@testable import RFProxyCore

/// A fake switch on a TCP connection, with TLS or without.
final class Wire: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var fake: FakeSwitch

    private init(_ fake: FakeSwitch) { self.fake = fake }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(fake.connect()), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let answer = try? fake.receive(unwrapInboundIn(data)) else { return }
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    }

    // What ends a connection, the test sees from the connection itself.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    /// Connects; without a switch nothing is said beyond TLS.
    static func connect(_ fake: FakeSwitch?, port: Int, tls: TLSConfiguration? = nil) async throws
        -> any Channel
    {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    if let fake { try channel.pipeline.syncOperations.addHandler(Wire(fake)) }
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }
}
