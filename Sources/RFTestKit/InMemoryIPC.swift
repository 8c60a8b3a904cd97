public import RFLib
import Synchronization

/// What daemons under test share: channels, epochs and the table in memory, without delay and without loss.
public final class InMemoryDatabase: Sendable {
    fileprivate struct State {
        var epochs: [PeerName: Int64] = [:]
        var readers: [ChannelName: [Reader]] = [:]
        var sent: [ChannelName: [Envelope]] = [:]
        var table: [String: RFEntry] = [:]
        var lastReader = 0
        var term: Int64 = 0
    }

    fileprivate struct Reader: Sendable {
        var number: Int
        var name: PeerName
        var onEvent: @Sendable (IPCEvent) -> Void
    }

    fileprivate let state = Mutex(State())

    /// A database with nothing in it.
    public init() {}

    /// Everything that was sent on a channel, in order.
    public func sent(on channel: ChannelName) -> [Envelope] {
        state.withLock { $0.sent[channel] ?? [] }
    }

    /// A reader, unless it is closed.
    fileprivate func reader(_ number: Int, of channel: ChannelName) -> Reader? {
        state.withLock { $0.readers[channel]?.first { $0.number == number } }
    }

    /// Hands envelopes to those that they name. Events come on the thread that sends, as from a collection that is read.
    fileprivate func deliver(_ envelopes: [Envelope], on channel: ChannelName) {
        let readers = state.withLock { state in
            state.sent[channel, default: []] += envelopes
            return state.readers[channel] ?? []
        }
        for reader in readers {
            let own = envelopes.filter { $0.to == reader.name || $0.to == .all }
            if !own.isEmpty { reader.onEvent(.received(own)) }
        }
    }
}

/// One daemon's connection to an in-memory database.
public final class InMemoryIPC: IPCService {
    private struct Channel: IPCChannel {
        let database: InMemoryDatabase
        let name: ChannelName
        let reader: Int

        func send(_ envelopes: [Envelope]) {
            database.deliver(envelopes, on: name)
            database.reader(reader, of: name)?.onEvent(.written(envelopes.count))
        }
    }

    private let database: InMemoryDatabase
    private let readers = Mutex<Set<Int>>([])

    /// A connection of one daemon's own.
    public init(_ database: InMemoryDatabase) {
        self.database = database
    }

    /// Counts from 1 for each name, without waiting.
    public func nextEpoch(for name: PeerName) async throws -> Int64 {
        database.state.withLock {
            $0.epochs[name, default: 0] += 1
            return $0.epochs[name, default: 0]
        }
    }

    /// Gives the lease to whoever asks, at once.
    public func acquireLease(
        as holder: LeaseHolder, onEvent: @escaping @Sendable (LeaseEvent) -> Void
    ) async throws -> Int64 {
        let term = try await nextEpoch(for: .rfserver)
        database.state.withLock { $0.term = term }
        return term
    }

    /// The term that was given last.
    public func presentTerm() async throws -> Int64 { database.state.withLock { $0.term } }

    /// Opens a channel at once. What was sent before is not heard.
    public func open(
        _ channel: ChannelName, as reader: PeerName, onEvent: @escaping @Sendable (IPCEvent) -> Void
    ) -> any IPCChannel {
        let number = database.state.withLock { state in
            state.lastReader += 1
            state.readers[channel, default: []].append(
                InMemoryDatabase.Reader(number: state.lastReader, name: reader, onEvent: onEvent))
            return state.lastReader
        }
        _ = readers.withLock { $0.insert(number) }
        onEvent(.connected)
        return Channel(database: database, name: channel, reader: number)
    }

    /// Reads the table, in no order.
    public func loadTable() async throws -> [RFEntry] {
        database.state.withLock { Array($0.table.values) }
    }

    /// Changes the table at once.
    public func save(_ changes: [RFTableChange]) {
        database.state.withLock { state in
            for change in changes { state.table[change.id] = change.entry }
        }
    }

    /// Ends what this daemon hears.
    public func close(within limit: Duration) async {
        let own = readers.withLock { $0 }
        database.state.withLock { state in
            for channel in state.readers.keys {
                state.readers[channel]?.removeAll { own.contains($0.number) }
            }
        }
    }
}
