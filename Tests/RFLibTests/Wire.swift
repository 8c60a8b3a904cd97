import NetTypes
import RFLib

/// A daemon that only keeps a table, and a copy of its peer's.
struct Peer {
    var table: [Int: Int] = [:]
    var replica: [Int: Int] = [:]
    /// The smallest size that the copy has had since it was set.
    var leastSize = Int.max
    private(set) var conversation: Conversation
    let epoch: Int64

    init(
        _ me: String, to peer: String, epoch: Int64, limits: StreamLimits = StreamLimits(), at now: Instant
    ) {
        self.epoch = epoch
        conversation = Conversation(
            me: PeerName(me), epoch: epoch, peer: PeerName(peer), limits: limits, at: now)
    }

    mutating func showLife(every interval: Duration, at now: Instant) {
        conversation.showLife(every: interval, at: now)
    }

    mutating func set(_ key: Int, to value: Int?) {
        table[key] = value
        conversation.changed(Self.key(key))
    }

    mutating func receive(_ envelope: Envelope, at now: Instant) {
        for delivery in conversation.receive(envelope, at: now) {
            switch delivery {
            case .messages(let messages):
                for case .vmMap(let map) in messages {
                    replica[Self.number(map)] = map.isRemoval ? nil : Int(map.token)
                }
            case .end(let named?):
                replica = replica.filter { named.contains(Self.key($0.key)) }
            case .begin, .end, .rejected, .superseded, .dropped: break
            }
            leastSize = min(leastSize, replica.count)
        }
    }

    mutating func deliveries(of envelope: Envelope) -> [Conversation.Delivery] {
        conversation.receive(envelope, at: .start)
    }

    mutating func flush(at now: Instant) -> [Envelope] {
        conversation.flush(State(table: table), at: now)
    }

    mutating func greeting() -> Envelope { flush(at: .start)[0] }

    private static func key(_ number: Int) -> RFKey {
        .vmMap(DatapathID(rawValue: UInt64(number >> 16)), UInt16(number & 0xFFFF))
    }

    private static func number(_ map: VMMap) -> Int { Int(map.vsID.rawValue) << 16 | Int(map.vsPort) }

    private struct State: WantedState {
        var table: [Int: Int]
        func keys(for peer: PeerName) -> [RFKey] { table.keys.map(Peer.key) }
        func message(for key: RFKey) -> RFMessage? {
            guard case .vmMap(let high, let low) = key,
                let value = table[Int(high.rawValue) << 16 | Int(low)]
            else { return nil }
            return .vmMap(
                VMMap(vmID: VMID(rawValue: 1), vmPort: 1, vsID: high, vsPort: low, token: UInt64(value)))
        }
    }
}

/// Two daemons and a channel between them that can lose and repeat.
struct Wire {
    var a = Peer("a", to: "b", epoch: 1, at: .start)
    var b = Peer("b", to: "a", epoch: 1, at: .start)
    var now = Instant.start
    /// The channel loses this many envelopes from now on.
    var loseNext = 0
    /// Everything that the channel has carried.
    private(set) var sent: [Envelope] = []

    /// Carries envelopes to and fro until both are silent.
    mutating func settle() {
        while true {
            let envelopes = a.flush(at: now) + b.flush(at: now)
            if envelopes.isEmpty { return }
            for envelope in envelopes { carry(envelope) }
        }
    }

    /// Lets time pass from deadline to deadline.
    mutating func run(until end: Instant) {
        settle()
        while let due = [a.conversation.deadline, b.conversation.deadline].min(), due <= end {
            now = max(now, due)
            settle()
        }
        now = max(now, end)
    }

    mutating func run(until end: Duration) { run(until: Instant(sinceStart: end)) }

    /// Both read the whole channel again, as after a lost cursor.
    mutating func replayAll() {
        for envelope in sent.suffix(500) { deliver(envelope) }
    }

    mutating func restartA(with table: [Int: Int]) {
        a = Peer("a", to: "b", epoch: a.epoch + 1, at: now)
        a.table = table
    }

    mutating func restartB() {
        b = Peer("b", to: "a", epoch: b.epoch + 1, at: now)
    }

    private mutating func carry(_ envelope: Envelope) {
        if loseNext > 0 {
            loseNext -= 1
            return
        }
        sent.append(envelope)
        deliver(envelope)
    }

    private mutating func deliver(_ envelope: Envelope) {
        if envelope.to == PeerName("a") { a.receive(envelope, at: now) } else { b.receive(envelope, at: now) }
    }
}
