public import RFLib

/// rfserver's end of the channel to rfproxy: says a table, and keeps what rfproxy says.
public struct FakeServer: Sendable {
    private struct Wanted: WantedState, Sendable {
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
    public private(set) var table: [RFKey: RFMessage] = [:]
    /// How many streams of rfproxy have begun.
    public private(set) var streams = 0

    /// One that wants nothing yet.
    public init(epoch: Int64 = 1, at now: Instant) {
        self.epoch = epoch
        conversation = Conversation(me: .rfserver, epoch: epoch, peer: .rfproxy(0), at: now)
    }

    /// It was killed and started again: it has to be told its wanted state anew.
    public mutating func restart(at now: Instant) {
        self = FakeServer(epoch: epoch + 1, at: now)
    }

    /// It wants this from now on.
    public mutating func say(_ message: RFMessage) {
        guard let key = message.key else { return }
        wanted.messages[key] = message
        conversation.changed(key)
    }

    /// It does not want this any more.
    public mutating func withdraw(_ key: RFKey) {
        wanted.messages[key] = nil
        conversation.changed(key)
    }

    /// Takes what rfproxy says.
    public mutating func receive(_ envelopes: [Envelope], at now: Instant) {
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

    /// What is to be sent to rfproxy now.
    public mutating func flush(at now: Instant) -> [Envelope] { conversation.flush(wanted, at: now) }
}
