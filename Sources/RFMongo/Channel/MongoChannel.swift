import Logging
import RFLib

/// A channel on its capped collections: a reader and a writer, each with its thread and its client.
final class MongoChannel: IPCChannel {
    private let status: ChannelStatus
    private let reader: ChannelReader
    private let writer: ChannelWriter

    /// Starts both threads.
    init(
        _ channel: ChannelName, ringSize: Int64, as name: PeerName, pool: MongoPool, threads: Threads,
        logger: Logger,
        onEvent: @escaping @Sendable (IPCEvent) -> Void
    ) {
        var logger = logger
        logger[metadataKey: "channel"] = "\(channel.rawValue)"
        let rings = ChannelRings(channel, size: ringSize)
        let status = ChannelStatus(logger: logger, onEvent: onEvent)
        let reader = ChannelReader(rings.inbox(of: name), reader: name, status: status, logger: logger)
        let writer = ChannelWriter(rings, status: status, logger: logger)
        self.status = status
        self.reader = reader
        self.writer = writer
        // The threads alone hold the pool, so that a thread is what waits for its end.
        threads.start { reader.run(pool) }
        threads.start { writer.run(pool) }
    }

    func send(_ envelopes: [Envelope]) {
        writer.send(envelopes)
    }

    /// Reads no more, and writes what waits until the deadline.
    func close(by deadline: ContinuousClock.Instant) {
        reader.close()
        writer.close(by: deadline)
        status.end()
    }
}
