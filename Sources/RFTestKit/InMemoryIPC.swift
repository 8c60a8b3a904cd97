public import RFLib
import Synchronization

/// The database's part for tests: channels, epochs and the table in memory, without delay and without loss.
///
/// Events come on the thread that sends, one reader after another, as a collection is read: who is named gets them.
public final class InMemoryIPC: IPCService {
    private struct State {
        var epochs: [PeerName: Int64] = [:]
        var readers: [ChannelName: [Reader]] = [:]
        var sent: [ChannelName: [Envelope]] = [:]
        var table: [String: RFEntry] = [:]
    }

    private struct Reader: Sendable {
        var name: PeerName
        var onEvent: @Sendable (IPCEvent) -> Void
    }

    private struct Channel: IPCChannel {
        let ipc: InMemoryIPC
        let name: ChannelName

        func send(_ envelopes: [Envelope]) { ipc.deliver(envelopes, on: name) }
    }

    private let state = Mutex(State())

    /// A database with nothing in it.
    public init() {}

    /// Counts up, and never waits.
    public func nextEpoch(for name: PeerName) async throws -> Int64 {
        state.withLock {
            $0.epochs[name, default: 0] += 1
            return $0.epochs[name, default: 0]
        }
    }

    /// Opens a channel on this database that is none.
    public func open(
        _ channel: ChannelName, as reader: PeerName, onEvent: @escaping @Sendable (IPCEvent) -> Void
    ) -> any IPCChannel {
        state.withLock { $0.readers[channel, default: []].append(Reader(name: reader, onEvent: onEvent)) }
        onEvent(.connected)
        return Channel(ipc: self, name: channel)
    }

    private func deliver(_ envelopes: [Envelope], on channel: ChannelName) {
        let readers = state.withLock { state in
            state.sent[channel, default: []] += envelopes
            return state.readers[channel] ?? []
        }
        for reader in readers {
            let own = envelopes.filter { $0.to == reader.name }
            if !own.isEmpty { reader.onEvent(.received(own)) }
        }
    }

    /// Everything that was sent on a channel, in order.
    public func sent(on channel: ChannelName) -> [Envelope] {
        state.withLock { $0.sent[channel] ?? [] }
    }

    /// Ends what a reader hears, as if its daemon had been killed.
    public func drop(_ reader: PeerName) {
        state.withLock { state in
            for channel in state.readers.keys { state.readers[channel]?.removeAll { $0.name == reader } }
        }
    }

    /// What was saved.
    public func loadTable() async throws -> [RFEntry] {
        state.withLock { Array($0.table.values) }
    }

    /// Saves at once.
    public func save(_ changes: [RFTableChange]) {
        state.withLock { state in
            for change in changes {
                switch change {
                case .put(let entry): state.table[entry.id] = entry
                case .delete(let id): state.table[id] = nil
                }
            }
        }
    }

    /// Nothing is left to end.
    public func close(within limit: Duration) async {
        state.withLock { $0.readers.removeAll() }
    }
}
