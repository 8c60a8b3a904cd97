import NIOCore
import NIOPosix
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Synchronization
import Testing

@testable import RFProxyCore

/// Peers on a real port that connect and do not behave, beside a switch that does.
@Suite(.timeLimit(.minutes(5))) struct HostilePeerTests {
    /// A peer that reads only if it is told to, and counts what it is sent.
    private final class Peer: Sendable {
        let channel: any Channel

        init(port: Int, reads: Bool = true) async throws {
            channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.autoRead, value: reads)
                .channelOption(.socketOption(.so_rcvbuf), value: 4096)
                .connect(host: "127.0.0.1", port: port).get()
        }

        func say(_ messages: OpenFlow10.Message...) {
            for message in messages { channel.writeAndFlush(FakeSwitch.bytes(1, message), promise: nil) }
        }

        /// Asks for echoes until it is given up. Returns how many it has asked for.
        func flood() async throws -> Int {
            let data = ByteBuffer(repeating: 0, count: 65_000)
            var count = 0
            while channel.isActive, count < 10_000 {
                try? await channel.writeAndFlush(FakeSwitch.bytes(1, .echoRequest(data))).get()
                count += 1
            }
            return count
        }
    }

    private static func features(_ datapath: UInt64) -> OpenFlow10.Message {
        .featuresReply(
            OpenFlow10.FeaturesReply(
                datapathID: DatapathID(rawValue: datapath), nBuffers: 0, nTables: 1, capabilities: [],
                actions: OpenFlow10.SupportedActions(rawValue: 1), ports: []))
    }

    @Test func aStrangerThatDoesNotReadIsGivenUpAtOnce() async throws {
        let proxy = try await RunningProxy(InMemoryDatabase())
        let peer = try await Peer(port: proxy.port, reads: false)
        peer.say(.hello)
        let count = try await peer.flood()
        // What the kernel holds, and 256 KiB beyond it.
        #expect(count < 1000)
        try await proxy.stop()
    }

    @Test func aSwitchThatDoesNotReadIsGivenUpToo() async throws {
        let proxy = try await RunningProxy(InMemoryDatabase())
        let peer = try await Peer(port: proxy.port, reads: false)
        peer.say(.hello, Self.features(7))
        let count = try await peer.flood()
        #expect(count < 1000)
        try await proxy.stop()
    }

    @Test func whatIsSentAByteAtATimeIsReadAsAnythingElse() async throws {
        let database = InMemoryDatabase()
        let server = ServerEnd(database)
        let proxy = try await RunningProxy(database)
        let peer = try await Peer(port: proxy.port)
        // The description has the third number: no switch of a test answers so fast that it is asked after it has answered.
        var bytes = FakeSwitch.bytes(1, .hello)
        bytes.writeImmutableBuffer(FakeSwitch.bytes(2, Self.features(7)))
        bytes.writeImmutableBuffer(FakeSwitch.bytes(3, .error(.init(code: .badStats, data: ByteBuffer()))))
        let whole = bytes
        // On the event loop: a switch gets ten seconds for all of it, and tests wait for each other.
        try await peer.channel.eventLoop.submit { [channel = peer.channel] in
            var rest = whole
            while let byte = rest.readSlice(length: 1) { channel.writeAndFlush(byte, promise: nil) }
        }.get()
        try await eventually("it is a switch") { server.table[.datapath(DatapathID(rawValue: 7))] != nil }
        try await peer.channel.close()
        try await proxy.stop()
    }

    @Test func moreConnectionsThanThereMayBeKeepNoSwitchOut() async throws {
        let proxy = try await RunningProxy(InMemoryDatabase())
        var peers: [Peer] = []
        for _ in 0..<300 { peers.append(try await Peer(port: proxy.port)) }
        let real = try await Peer(port: proxy.port)
        real.say(.hello, Self.features(7))
        try await eventually("the crowd is bounded") {
            peers.count { $0.channel.isActive } <= ProxyCore.mostStrangersOfSource
        }
        #expect(real.channel.isActive)
        for peer in peers { peer.channel.close(promise: nil) }
        try await real.channel.close()
        try await proxy.stop()
    }
}
