import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Takes the addresses that switches connect to. Connections wait in the kernel until `autoRead` is set.
struct ServerBinding {
    private let eventLoop: any EventLoop
    /// Who takes the connections; set before there are any.
    let loop: NIOLoopBoundBox<ProxyLoop?>

    /// A switch's socket is full beyond the one, and takes data again below the other.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10)
    private static let backlog: Int32 = 256

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.loop = NIOLoopBoundBox.makeEmptyBox(valueType: ProxyLoop.self, eventLoop: eventLoop)
    }

    /// Takes an address for TCP alone.
    func bind(to address: ListenAddress) async throws(ProxyError) -> any Channel {
        try await bind(to: address, option: "--listen") { [loop] channel in
            try channel.pipeline.syncOperations.addHandler(Self.makeHandler(over: .tcp, loop: loop))
        }
    }

    /// Takes an address for TLS.
    func bind(to address: ListenAddress, as identity: sending TLSIdentity) async throws(ProxyError)
        -> any Channel
    {
        let identity = NIOLoopBoundBox.makeBoxSendingValue(identity, eventLoop: eventLoop)
        return try await bind(to: address, option: "--tls-listen") { [loop] channel in
            let handler = try Self.makeHandler(over: .tls, loop: loop)
            let tls = NIOSSLServerHandler(context: identity.value.current())
            try channel.pipeline.syncOperations.addHandlers([tls, handler])
        }
    }

    /// A connection that no handler is made for is closed.
    private static func makeHandler(
        over transport: Transport, loop: NIOLoopBoundBox<ProxyLoop?>
    ) throws -> SwitchHandler {
        guard let handler = loop.value?.makeHandler(over: transport) else { throw ChannelError.alreadyClosed }
        return handler
    }

    private func bind(
        to address: ListenAddress, option: String,
        addHandlers: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(ProxyError) -> any Channel {
        let bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: Self.waterMark)
            // One that says much is to be stopped before the next read.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try addHandlers(channel) }
            }
        do {
            return try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            throw .cannotListen(address: "\(address)", option: option, reason: Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }
}
