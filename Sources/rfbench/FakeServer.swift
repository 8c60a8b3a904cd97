import Logging
import NetTypes
import RFLib
import RFMongo
import Synchronization

/// rfserver's part towards one rfproxy: it has something to say, and says it. The rest is RFLib's.
struct FakeServer: DaemonCore {
    /// What can happen.
    enum Event: Codable, Sendable {
        case ipc(IPCEvent)
        case timePassed
    }

    /// What is to be done about it.
    enum Effect: Sendable {
        case send([Envelope])
        /// rfproxy has applied everything.
        case said
    }

    private let proxy: PeerName
    private let table: Table
    private var conversation: Conversation
    private var load = ChannelLoad()
    private var lastSeq: Int64 = 0
    private var hasSaid = false

    /// What rfproxy is to know: all of it from the beginning, and nothing else ever.
    private struct Table: WantedState {
        var order: [RFKey] = []
        var messages: [RFKey: RFMessage] = [:]

        func keys(for peer: PeerName) -> [RFKey] { order }
        func message(for key: RFKey) -> RFMessage? { messages[key] }
    }

    init(_ messages: [RFMessage], to ctID: Int32, epoch: Int64) {
        proxy = .rfproxy(ctID)
        conversation = Conversation(me: .rfserver, epoch: epoch, peer: proxy, at: .start)
        var table = Table()
        for message in messages {
            guard let key = message.key else { continue }
            table.order.append(key)
            table.messages[key] = message
        }
        self.table = table
    }

    static var timePassed: Event { .timePassed }

    var deadline: Instant? {
        guard conversation.isHolding, let at = load.deadline else { return conversation.deadline }
        return min(at, conversation.deadline)
    }

    mutating func handle(_ event: Event, at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .ipc(.received(let envelopes)):
            for envelope in envelopes where envelope.from == proxy {
                _ = conversation.receive(envelope, at: now)
                if case .ack(let ack) = envelope.content.first, envelope.toEpoch != 0, ack.seq == lastSeq,
                    !conversation.isHolding, !hasSaid, lastSeq > 0
                {
                    hasSaid = true
                    effects.append(.said)
                }
            }
        case .ipc(.written(let count)): load.written(count)
        case .ipc, .timePassed: break
        }
        let envelopes = conversation.flush(table, whileBusy: load.isBusy(at: now), at: now)
        load.sent(envelopes, at: now)
        if let seq = envelopes.last(where: { !$0.kind.isControl })?.seq { lastSeq = seq }
        return envelopes.isEmpty ? effects : effects + [.send(envelopes)]
    }
}

extension FakeServer {
    /// Runs until the task is cancelled.
    /// - Parameter said: called once, when rfproxy has applied everything.
    static func run(
        _ messages: [RFMessage], to ctID: Int32, uri: String, said: @escaping @Sendable () -> Void
    ) async throws {
        var logger = Logger(label: "rfbench") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let ipc = try MongoIPC(uri: uri, appName: "rfbench", logger: logger)
        let epoch = try await ipc.nextEpoch(for: .rfserver)
        let outlet = Outlet()
        let runner = CoreRunner(
            FakeServer(messages, to: ctID, epoch: epoch), recorder: nil, logger: logger
        ) { effect in
            switch effect {
            case .send(let envelopes): outlet.send(envelopes)
            case .said: said()
            }
        }
        runner.whileHeld {
            outlet.open(ipc.open(.proxies, as: .rfserver) { runner.post(.ipc($0)) })
        }
        runner.post(.timePassed)
        try? await Task.sleep(for: .seconds(86_400))
        await ipc.close(within: .seconds(1))
    }
}

/// Where envelopes go; filled before the first event.
private final class Outlet: Sendable {
    private let channel = Mutex<(any IPCChannel)?>(nil)

    func open(_ opened: any IPCChannel) { channel.withLock { $0 = opened } }

    func send(_ envelopes: [Envelope]) { channel.withLock { $0 }?.send(envelopes) }
}
