import NIOCore
import OpenFlow

/// One switch's end of the wire: cuts what it sends into messages, and holds back what it does not take.
///
/// Everything here runs on the event loop. A message that passes through a pipeline costs an allocation at each
/// step, so this is the only handler; where there is TLS, it stands behind that one.
final class SwitchHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let id: SessionID
    let transport: Transport
    private let loop: ProxyLoop
    private var context: ChannelHandlerContext?
    private var decoder = OpenFlowFrameDecoder()
    /// What was read and not yet heard: the beginning of a message, or what a peer says that says much.
    private var unheard = ByteBuffer()
    private var isReading = true
    /// When what was read is heard, while no more is read.
    private var nextTurn: Scheduled<Void>?
    /// What was heard and is not counted yet: a read is one, and so is a message, but for those that are lists.
    private var uncounted = 0
    /// True if nobody needed the switch when that was counted last.
    private var isIdle = true
    /// Packet-outs of the present turn of the event loop.
    private var gathered = ByteBuffer()
    /// Packet-outs that wait for the switch to take data again.
    private var waiting = ShuttleQueue<ByteBuffer>()
    private var isClosed = false

    /// Messages that one peer may have heard before the others have their turn. Packet-ins of a switch that is needed do not count.
    private static let mostAtOnce = 256
    /// A rest of a message up to this many bytes does not keep the memory that it was read into.
    private static let little = 4096
    /// After what time the next ones are heard. Not at once: the event loop looks at no socket before it has nothing else to do.
    private static let rest = TimeAmount.milliseconds(1)
    /// Packet-outs that are gathered at most, in bytes: the switch is to work meanwhile.
    private static let mostGathered = 16 << 10
    /// Waiting packets that are sent on before flow mods get their turn.
    private static let packetsAtOnce = 256

    init(_ id: SessionID, over transport: Transport, loop: ProxyLoop) {
        self.id = id
        self.transport = transport
        self.loop = loop
    }

    // MARK: From the switch

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        loop.opened(self, from: context.remoteAddress)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        var data = unwrapInboundIn(data)
        if unheard.readableBytes == 0 {
            unheard = data
        } else {
            unheard.discardReadBytes()
            unheard.writeBuffer(&data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Otherwise its turn comes: see there.
        if isReading { hear(context) }
    }

    /// Hears what was read. Of a peer that says much only a part, and no more is read before all of it is heard: the others have
    /// their turns in between.
    private func hear(_ context: ChannelHandlerContext) {
        var patience = Self.mostAtOnce
        uncounted += 1
        // NIO reads into the same memory again if nobody keeps it.
        var data = ByteBuffer()
        swap(&data, &unheard)
        do {
            while patience > 0, !isClosed, let frame = try decoder.decode(buffer: &data) {
                if isIdle || frame.header.type != OpenFlow10.MessageType.packetIn.rawValue { patience -= 1 }
                uncounted += Self.cost(of: frame.header)
                loop.received(frame, from: self)
            }
        } catch {
            loop.failed(self, "sent what is no OpenFlow message: \(error)")
        }
        if data.readableBytes > 0 {
            unheard = data.readableBytes <= Self.little ? ByteBuffer(buffer: data) : data
        }
        loop.packetsRead(from: self)
        guard !isClosed else { return }
        let wait = countHeard(at: context.eventLoop.now) ?? (patience > 0 ? nil : Self.rest)
        setReading(wait == nil, context)
        guard let wait else { return }
        nextTurn = context.eventLoop.assumeIsolated().scheduleTask(in: wait) {
            if let context = self.context { self.hear(context) }
        }
    }

    /// What it costs to hear a message: where it is a list, each KiB as much as another message.
    private static func cost(of header: OpenFlowHeader) -> Int {
        switch header.type {
        case OpenFlow10.MessageType.statsReply.rawValue, OpenFlow10.MessageType.featuresReply.rawValue:
            1 + Int(header.length) >> 10
        default: 1
        }
    }

    /// Counts what was heard, if it is much, against the share of idle switches. Returns how long to hear no more for that.
    private func countHeard(at now: NIODeadline) -> TimeAmount? {
        guard uncounted >= Self.mostAtOnce else { return nil }
        defer { uncounted = 0 }
        isIdle = loop.isIdle(self)
        return isIdle ? loop.waitOfIdle(after: uncounted, at: now) : nil
    }

    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        guard self.isReading != isReading else { return }
        self.isReading = isReading
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        self.context = nil
        nextTurn?.cancel()
        unheard = ByteBuffer()
        loop.closed(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What TLS reports of a connection that we end ourselves is no news.
        guard !isClosed else { return }
        switch TLSFailure(error, in: context) {
        case .handshake(let reason): loop.refused(self, reason)
        case .later(let reason): loop.failed(self, reason)
        case nil: loop.failed(self, "the connection failed: \(error)")
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        if isWritable { sendWaiting() }
        loop.writabilityChanged(self, isWritable)
    }

    // MARK: To the switch

    func write(_ buffer: ByteBuffer) {
        guard let context, !isClosed else { return }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        guard !context.channel.isWritable else { return }
        let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        loop.waits(self, bytes: waiting ?? 0)
    }

    /// Sends a packet at the end of the present turn of the event loop, or when its turn comes. Returns false if one had to be dropped.
    func send(_ packet: ByteBuffer, out port: UInt16, _ packetClass: PacketClass, from source: PortID) -> Bool
    {
        guard let context, !isClosed else { return false }
        if context.channel.isWritable, waiting.isEmpty {
            if gathered.readableBytes == 0 { loop.willFlush(self) }
            PacketOutWriter.write(packet, out: port, to: &gathered)
            if gathered.readableBytes >= Self.mostGathered { flushPackets() }
            return true
        }
        var message = ByteBuffer()
        PacketOutWriter.write(packet, out: port, to: &message)
        return waiting.append(message, packetClass, from: source)
    }

    func flushPackets() {
        guard let context, gathered.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(gathered), promise: nil)
        gathered = ByteBuffer()
    }

    private func sendWaiting() {
        guard let context, !isClosed, !waiting.isEmpty, context.channel.isWritable else { return }
        var packets = ByteBuffer()
        for _ in 0..<Self.packetsAtOnce {
            guard let packet = waiting.popFirst() else { break }
            packets.writeImmutableBuffer(packet)
        }
        context.writeAndFlush(wrapOutboundOut(packets), promise: nil)
        context.eventLoop.assumeIsolated().execute { self.sendWaiting() }
    }

    func close() {
        guard let context, !isClosed else { return }
        isClosed = true
        context.close(promise: nil)
    }
}
