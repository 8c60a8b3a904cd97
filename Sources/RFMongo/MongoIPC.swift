public import Logging
public import RFLib
import Synchronization

/// The IPC service of the daemons on MongoDB, see `docs/protocol.md`.
///
/// Everything that blocks runs on threads of its own, each with its own client of one pool. `close(within:)` has to be called
/// at the end: the threads do not end by themselves.
public final class MongoIPC: IPCService {
    private struct State {
        /// Nil once closed. The threads hold it until they end.
        var pool: MongoPool?
        var channels: [MongoChannel] = []
        var table: TableWriter?
        var lease: LeaseKeeper?
        var calls: [ObjectIdentifier: @Sendable () -> Void] = [:]
    }

    /// Where the database is.
    public let uri: MongoURI
    private let logger: Logger
    private let appName: String
    private let ringSize: Int64
    private let threads = Threads()
    /// The thread that keeps the lease: it ends after the others, since what they write is written under the lease.
    private let leaseThreads = Threads()
    private let state: Mutex<State>

    /// Prepares to talk to a database. Nothing is sent before the first use.
    /// - Parameters:
    ///   - uri: a MongoDB connection string.
    ///   - databaseDefault: the database to use where the URI names none.
    ///   - appName: what the server's logs show.
    ///   - logger: has a line for each loss and return of the database, with the reason.
    /// - Throws: `MongoError` with one line that says what is wrong with the URI. It never shows the password.
    public convenience init(
        uri: String, databaseDefault: String = "db", appName: String = "routeflow",
        logger: Logger = Logger(label: "mongo")
    ) throws(MongoError) {
        try self.init(
            MongoURI(uri, databaseDefault: databaseDefault), appName: appName, logger: logger,
            ringSize: Ring.usualSize)
    }

    /// - Parameter ringSize: the bytes of each collection of a channel.
    init(_ uri: MongoURI, appName: String, logger: Logger, ringSize: Int64) throws(MongoError) {
        self.uri = uri
        self.appName = appName
        self.logger = logger
        self.ringSize = ringSize
        self.state = Mutex(State(pool: try MongoPool(uri, appName: appName)))
    }

    /// Takes the next number from the collection `epochs`, by a majority.
    /// - Throws: `CancellationError` if the task is cancelled or the service closed; `MongoError` with the code `refused`.
    public func nextEpoch(for name: PeerName) async throws -> Int64 {
        try await call("taking an epoch for \(name)") { (client) throws(MongoError) in
            try client.nextEpoch(for: name)
        }
    }

    /// Waits for the document of the collection `rflease`, and keeps it, by a majority, until the service closes.
    /// - Throws: as `nextEpoch(for:)`.
    public func acquireLease(
        as holder: LeaseHolder, onEvent: @escaping @Sendable (LeaseEvent) -> Void
    ) async throws -> Int64 {
        let pool = try MongoPool(uri, appName: appName, answersWithin: Lease.answer)
        let taken = try await blockingCall(in: pool) { [logger] client, givenUp in
            Result {
                var seeker = LeaseSeeker(holder, logger: logger)
                return try seeker.seek(client, unless: givenUp)
            }
        }
        onEvent(.renewed(at: taken.began))
        let keeper = LeaseKeeper(term: taken.term, takenAt: taken.began, logger: logger, onEvent: onEvent)
        try state.withLock { state in
            guard state.pool != nil else { throw CancellationError() }
            state.lease = keeper
            leaseThreads.start { keeper.run(pool) }
        }
        return taken.term
    }

    /// Reads the collection `rflease`, as a majority has it.
    /// - Throws: as `nextEpoch(for:)`.
    public func presentTerm() async throws -> Int64 {
        try await call("reading the lease") { (client) throws(MongoError) in try client.readLease()?.term ?? 0
        }
    }

    /// Reads the collection `rftable`, and makes its unique indexes. Documents that are no rows are logged and left out.
    /// - Throws: as `nextEpoch(for:)`.
    public func loadTable() async throws -> [RFEntry] {
        let term = state.withLock { $0.lease?.term }
        return try await call("loading the table") { [logger] (client) throws(MongoError) in
            try RFTableStore.load(client, under: term, logger)
        }
    }

    /// Opens a channel on its capped collections, which are made if they are missing.
    ///
    /// Events come from two threads, but never two at once. A service that is closed gives a channel that is silent.
    public func open(
        _ channel: ChannelName, as reader: PeerName, onEvent: @escaping @Sendable (IPCEvent) -> Void
    ) -> any IPCChannel {
        state.withLock { state in
            guard let pool = state.pool else { return SilentChannel() }
            let channel = MongoChannel(
                channel, ringSize: ringSize, as: reader, pool: pool, threads: threads, logger: logger,
                onEvent: onEvent)
            state.channels.append(channel)
            return channel
        }
    }

    /// Writes to the collection `rftable`, by a majority, in order. A row whose port another row has is logged and left out.
    public func save(_ changes: [RFTableChange]) {
        state.withLock { state in
            guard let pool = state.pool else { return }
            let table = state.table ?? startTableWriter(pool, under: state.lease)
            state.table = table
            table.save(changes)
        }
    }

    /// Ends all threads, channels and pending calls. Calls of libmongoc that do not return within the limit are left to end by
    /// themselves; they tell nobody any more.
    public func close(within limit: Duration) async {
        let deadline = ContinuousClock.now.advanced(by: limit)
        let last = state.withLock { state in
            defer { state = State() }
            return (
                channels: state.channels, table: state.table, lease: state.lease, calls: state.calls.values
            )
        }
        let isDone = await onThread { [threads, leaseThreads] in
            for giveUp in last.calls { giveUp() }
            for channel in last.channels { channel.close(by: deadline) }
            last.table?.close(by: deadline)
            let isWritten = threads.wait(atMost: ContinuousClock.now.duration(to: deadline))
            last.lease?.close()
            return leaseThreads.wait(atMost: ContinuousClock.now.duration(to: deadline)) && isWritten
        }
        if !isDone {
            logger.notice("closed while the database did not answer", metadata: ["database": "\(uri)"])
        }
    }

    private func startTableWriter(_ pool: MongoPool, under lease: LeaseKeeper?) -> TableWriter {
        let table = TableWriter(under: lease, logger: logger)
        threads.start { table.run(pool) }
        return table
    }

    /// Runs `body` on a thread until the database answers.
    private func call<Success: Sendable>(
        _ what: String, _ body: @escaping @Sendable (borrowing MongoClient) throws(MongoError) -> Success
    ) async throws -> Success {
        try await blockingCall { [logger] client, givenUp in
            Result {
                try retry(what, unless: givenUp, logger) { () throws(MongoError) in try body(client) }
            }
        }
    }

    /// Runs `body` on a thread with a client of its own, of the service's pool unless another is given.
    private func blockingCall<Success: Sendable>(
        in own: MongoPool? = nil,
        _ body: @escaping @Sendable (borrowing MongoClient, Latch) -> Result<Success, any Error>
    ) async throws -> Success {
        let call = BlockingCall<Success>()
        let pool = state.withLock { state in
            if state.pool != nil { state.calls[ObjectIdentifier(call)] = call.giveUp }
            return state.pool
        }
        guard let pool = pool.map({ own ?? $0 }) else { throw CancellationError() }
        defer { state.withLock { _ = $0.calls.removeValue(forKey: ObjectIdentifier(call)) } }
        return try await call.run(on: threads) { givenUp in body(MongoClient(pool), givenUp) }
    }
}

/// What a closed service gives.
private struct SilentChannel: IPCChannel {
    func send(_ envelopes: [Envelope]) {}
}
