import NIOCore
import NIOEmbedded
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// What one peer may have heard before the others have their turn, and what may wait for those that do not read.
@Suite struct SwitchHandlerTests {
    /// Connections of one rfproxy, on an event loop that waits for nobody.
    private final class Loop {
        let eventLoop = EmbeddedEventLoop()
        let log = LogLines()
        let loop: ProxyLoop

        init() {
            loop = ProxyLoop(
                settings: ProxySettings(), epoch: 1, serverTerm: 0, on: eventLoop, recorder: nil,
                logger: log.logger, stop: { _ in })
        }

        deinit {
            loop.end()
            // Until all are closed, they and their event loop keep each other.
            eventLoop.advanceTime(by: Lingerer.lingering)
        }

        /// A switch that nobody needs connects.
        func connect(_ datapath: UInt64, behind first: [any ChannelHandler] = []) throws -> (
            channel: EmbeddedChannel, handler: SwitchHandler
        ) {
            let handler = try #require(loop.makeHandler(over: .tcp))
            let channel = EmbeddedChannel(handlers: first + [handler], loop: eventLoop)
            _ = try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 6633))
            let features = OpenFlow10.FeaturesReply(
                datapathID: DatapathID(rawValue: datapath), nBuffers: 0, nTables: 1, capabilities: [],
                actions: OpenFlow10.SupportedActions(rawValue: 1), ports: [])
            try channel.writeInbound(FakeSwitch.bytes(1, .hello))
            try channel.writeInbound(FakeSwitch.bytes(1, .featuresReply(features)))
            eventLoop.run()
            return (channel, handler)
        }
    }

    private static let packet = OpenFlow10.Message.packetIn(
        OpenFlow10.PacketIn(
            bufferID: .max, totalLength: 60, inPort: 1, reason: .noMatch,
            data: ByteBuffer(repeating: 2, count: 60)))

    /// Says a message many times in one read. Returns whether more is read at once.
    private static func isReading(after message: OpenFlow10.Message, times count: Int) throws -> Bool {
        let loop = Loop()
        let channel = try loop.connect(1).channel
        var said = ByteBuffer()
        for _ in 0..<count { said.writeImmutableBuffer(FakeSwitch.bytes(1, message)) }
        try channel.writeInbound(said)
        let isReading = channel.isReading
        loop.eventLoop.advanceTime(by: .milliseconds(100))
        #expect(channel.isReading, "its next turn comes")
        return isReading
    }

    @Test func aPeerThatSaysLittleIsReadOn() throws {
        #expect(try Self.isReading(after: .barrierReply, times: 200))
        #expect(try Self.isReading(after: Self.packet, times: 200))
    }

    @Test func aPeerThatSaysMuchWaitsForItsNextTurn() throws {
        #expect(try !Self.isReading(after: .barrierReply, times: 300))
    }

    @Test func packetsOfIdleSwitchesCountLikeOtherMessages() throws {
        #expect(try !Self.isReading(after: Self.packet, times: 300))
    }

    @Test func idleSwitchesShareWhatTheyHave() throws {
        let loop = Loop()
        let (first, second) = (try loop.connect(1).channel, try loop.connect(2).channel)
        func say(_ count: Int, on channel: EmbeddedChannel) throws {
            var said = ByteBuffer()
            for _ in 0..<count { said.writeImmutableBuffer(FakeSwitch.bytes(1, .barrierReply)) }
            try channel.writeInbound(said)
        }
        // 256 at a time, 5 ms each, until they are 20 ms ahead.
        try say(3000, on: first)
        loop.eventLoop.advanceTime(by: .milliseconds(10))
        #expect(!first.isReading)
        try say(200, on: second)
        #expect(second.isReading, "who says little is heard")
        try say(100, on: second)
        #expect(!second.isReading)
        loop.eventLoop.advanceTime(by: .milliseconds(15))
        #expect(!first.isReading && !second.isReading)
        loop.eventLoop.advanceTime(by: .milliseconds(500))
        #expect(first.isReading && second.isReading)
    }

    @Test func nobodyWaitsForLongHoweverMuchIsSaid() {
        var share = IdleShare()
        let now = NIODeadline.now()
        for _ in 0..<1000 { _ = share.wait(after: 1000, at: now) }
        #expect(share.wait(after: 256, at: now) == .seconds(5))
        #expect(share.wait(after: 256, at: now + .seconds(6)) == nil)
    }

    @Test func ofAConnectionThatIsOverNothingIsKept() throws {
        let loop = Loop()
        weak var handler: SwitchHandler?
        do {
            let connected = try loop.connect(1)
            handler = connected.handler
            var said = ByteBuffer()
            for _ in 0..<3000 { said.writeImmutableBuffer(FakeSwitch.bytes(1, .barrierReply)) }
            try connected.channel.writeInbound(said)
            #expect(!connected.channel.isReading)
            _ = try connected.channel.finish(acceptAlreadyClosed: true)
        }
        loop.eventLoop.run()
        #expect(handler == nil)
    }

    @Test func ofThoseThatDoNotReadTheOneForWhichMostWaitsGoes() throws {
        let loop = Loop()
        let switches = try (1...20).map { try loop.connect($0) }
        let most = 4 << 20
        for (number, each) in switches.prefix(16).enumerated() {
            loop.loop.waits(each.handler, bytes: most - number)
        }
        #expect(switches.allSatisfy { $0.channel.isActive })
        // Of one that takes data again nothing waits.
        loop.loop.writabilityChanged(switches[0].handler, true)
        loop.loop.waits(switches[16].handler, bytes: most - 100)
        #expect(switches.allSatisfy { $0.channel.isActive })
        loop.loop.waits(switches[17].handler, bytes: most - 100)
        #expect(switches.enumerated().filter { !$0.element.channel.isActive }.map(\.offset) == [1])
        #expect(loop.log.count(of: "does not read what it is sent, as too many others") == 1)
    }

    /// As TLS does, which waits for the other side's goodbye.
    private final class Lingerer: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        static let lingering = TimeAmount.seconds(1)

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingering) {
                context.close(mode: mode, promise: promise)
            }
        }
    }

    @Test func whoIsClosedSlowlyIsNotClosedInTheNextOnesPlace() throws {
        let loop = Loop()
        let switches = try (1...18).map { try loop.connect($0, behind: [Lingerer()]) }
        for (number, each) in switches.enumerated() {
            loop.loop.waits(each.handler, bytes: 4 << 20 - number)
        }
        let told = loop.log.all.filter { $0.contains("as too many others") }
        #expect(told.map { $0.suffix(10) } == [" session=1", " session=2"])
    }
}

extension EmbeddedChannel {
    /// True unless reading was turned off.
    fileprivate var isReading: Bool {
        options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool ?? true
    }
}
