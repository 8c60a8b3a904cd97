public import NetTypes
public import RFLib

/// rfserver's end of the channel to rfproxy: says a table, and keeps what rfproxy says. It grants every datapath that either of
/// them speaks of, unless told not to.
public struct FakeServer: Sendable {
    private struct Wanted: WantedState, Sendable {
        var messages: [RFKey: RFMessage] = [:]

        /// In the order of the real one: nothing is taken of what is said of a datapath that is not granted.
        func keys(for peer: PeerName) -> [RFKey] {
            messages.keys.sorted { Self.rank($0) < Self.rank($1) }
        }

        private static func rank(_ key: RFKey) -> Int {
            if case .datapathGrant = key { 0 } else { key.closesWhatPrecedes ? 2 : 1 }
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
    private let ctID: Int32
    private let grants: Bool

    /// The datapath that is granted from the beginning.
    public static let datapath = DatapathID(rawValue: 1)

    /// One that wants nothing yet.
    public init(epoch: Int64 = 1, ctID: Int32 = 0, grants: Bool = true, at now: Instant) {
        self.epoch = epoch
        self.ctID = ctID
        self.grants = grants
        conversation = Conversation(me: .rfserver, epoch: epoch, peer: .rfproxy(ctID), at: now)
        if grants { grant(Self.datapath) }
    }

    /// It was killed and started again: it has to be told its wanted state anew.
    public mutating func restart(at now: Instant) {
        self = FakeServer(epoch: epoch + 1, ctID: ctID, grants: grants, at: now)
    }

    /// It wants this from now on.
    public mutating func say(_ message: RFMessage) {
        guard let key = message.key else { return }
        if grants, let dpID = key.datapath { grant(dpID) }
        wanted.messages[key] = message
        conversation.changed(key)
    }

    private mutating func grant(_ dpID: DatapathID) {
        let key = RFKey.datapathGrant(dpID, ctID)
        guard !dpID.isVirtualSwitch, wanted.messages[key] == nil else { return }
        wanted.messages[key] = .datapathGrant(DatapathGrant(dpID: dpID, ctID: ctID))
        conversation.changed(key)
    }

    /// It does not want this any more.
    public mutating func withdraw(_ key: RFKey) {
        wanted.messages[key] = nil
        conversation.changed(key)
    }

    /// It does not want this any more, and has said so to another rfproxy, the datapath's master by then.
    public mutating func withdrawElsewhere(_ key: RFKey) {
        wanted.messages[key] = nil
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
                        if grants, case .datapathJoin(let join) = message { grant(join.dpID) }
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

extension RFKey {
    /// The datapath that an order is about.
    fileprivate var datapath: DatapathID? {
        switch self {
        case .flow(let dpID, _, _), .datapathConfig(let dpID, _), .tableComplete(let dpID),
            .portMap(let dpID, _):
            dpID
        default: nil
        }
    }
}
