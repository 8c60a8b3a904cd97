import Foundation
import NIOCore
import NIOPosix

/// Takes the address that switches connect to. Connections wait in the kernel until `autoRead` is set.
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

    func bind(to address: ListenAddress) async throws(ProxyError) -> any Channel {
        let bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: Self.waterMark)
            .childChannelInitializer { [loop] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let handler = loop.value?.makeHandler() else { throw ChannelError.alreadyClosed }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            return try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            throw .cannotListen(address: "\(address)", reason: Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }
}
