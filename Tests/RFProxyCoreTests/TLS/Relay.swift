import NIOCore
import NIOPosix
import Synchronization

/// Stands between switches and rfproxy, passes everything on, and keeps it: what somebody sees who taps the wire.
final class Relay: Sendable {
    private let server: any Channel
    private let seen: Seen
    let port: Int

    init(to target: Int) async throws {
        let seen = Seen()
        self.seen = seen
        server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { inner in
                ClientBootstrap(group: inner.eventLoop)
                    .channelInitializer { outer in
                        outer.eventLoop.makeCompletedFuture {
                            try outer.pipeline.syncOperations.addHandler(Passer(to: inner, seen: seen))
                        }
                    }
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { outer in
                        try inner.pipeline.syncOperations.addHandler(Passer(to: outer, seen: seen))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = server.localAddress?.port ?? 0
    }

    /// Everything that went by, each direction of each connection by itself.
    var streams: [[UInt8]] { seen.streams.withLock { Array($0.values) } }

    func contains(_ bytes: [UInt8]) -> Bool {
        streams.contains { !$0.ranges(of: bytes).isEmpty }
    }

    func stop() async throws { try await server.close() }

    private final class Seen: Sendable {
        let streams = Mutex<[ObjectIdentifier: [UInt8]]>([:])
    }

    private final class Passer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let partner: any Channel
        private let seen: Seen

        init(to partner: any Channel, seen: Seen) {
            self.partner = partner
            self.seen = seen
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            seen.streams.withLock { $0[ObjectIdentifier(self), default: []] += buffer.readableBytesView }
            partner.writeAndFlush(buffer, promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { partner.close(promise: nil) }
    }
}
