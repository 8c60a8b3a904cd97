import NetTypes
import RFLib

/// rfserver's end of the channel: says a table, and keeps what rfproxy says.
struct FakeServer {
    private struct Wanted: WantedState {
        var messages: [RFKey: RFMessage] = [:]

        func keys(for peer: PeerName) -> [RFKey] {
            messages.keys.filter { !$0.closesWhatPrecedes } + messages.keys.filter(\.closesWhatPrecedes)
        }

        func message(for key: RFKey) -> RFMessage? { messages[key] }
    }

    private var wanted = Wanted()
    private var conversation: Conversation
    private var epoch: Int64
    /// What rfproxy has said, by key; of the present stream.
    private(set) var table: [RFKey: RFMessage] = [:]
    /// How many streams of rfproxy have begun.
    private(set) var streams = 0

    init(epoch: Int64 = 1, at now: Instant) {
        self.epoch = epoch
        conversation = Conversation(me: .rfserver, epoch: epoch, peer: .rfproxy(0), at: now)
    }

    /// It was killed and started again: it has to be told its wanted state anew.
    mutating func restart(at now: Instant) {
        self = FakeServer(epoch: epoch + 1, at: now)
    }

    mutating func say(_ message: RFMessage) {
        guard let key = message.key else { return }
        wanted.messages[key] = message
        conversation.changed(key)
    }

    mutating func withdraw(_ key: RFKey) {
        wanted.messages[key] = nil
        conversation.changed(key)
    }

    mutating func receive(_ envelopes: [Envelope], at now: Instant) {
        for envelope in envelopes {
            for delivery in conversation.receive(envelope, at: now) {
                switch delivery {
                case .begin:
                    table = [:]
                    streams += 1
                case .messages(let messages):
                    for message in messages {
                        guard let key = message.key else { continue }
                        table[key] = message.isRemoval ? nil : message
                    }
                default: break
                }
            }
        }
    }

    mutating func flush(at now: Instant) -> [Envelope] { conversation.flush(wanted, at: now) }
}
