import NetTypes
import RFLib
import RFTestKit
import Testing

@Suite("Streams")
struct StreamTests {
    @Test("a greeting brings the whole table, and changes follow")
    func wholeTableThenChanges() {
        var wire = Wire()
        wire.a.set(1, to: 10)
        wire.run(until: .seconds(1))
        #expect(wire.b.replica == wire.a.table)
        wire.a.set(2, to: 20)
        wire.a.set(1, to: nil)
        wire.settle()
        #expect(wire.b.replica == wire.a.table)
        #expect(wire.b.replica.count == 1)
    }

    /// The answer to one side's beat kept the other from beating, and was itself not taken for a sign of life: a VM whose
    /// routes did not change was given up.
    @Test(
        "two that have nothing to say hear of each other in time, whoever beats more often",
        arguments: [2, 5, 9, 10, 11, 20])
    func silence(ofB seconds: Int) {
        var limits = StreamLimits()
        limits.livenessInterval = .seconds(seconds)
        var wire = Wire()
        wire.b = Peer("b", to: "a", epoch: 1, limits: limits, at: .start)
        wire.a.set(1, to: 10)
        wire.run(until: .seconds(60))
        for _ in 0..<600 {
            wire.run(until: wire.now.advanced(by: .seconds(1)))
            for peer in [wire.a, wire.b] {
                let silence = wire.now.sinceStart - (peer.conversation.lastHeard ?? .start).sinceStart
                #expect(silence <= .seconds(max(10, seconds) + 1))
            }
        }
    }

    @Test("a peer that wants to hear more often is told more often")
    func showsLifeAsAsked() {
        var wire = Wire()
        wire.run(until: .seconds(5))
        wire.a.showLife(every: .seconds(2), at: wire.now)
        wire.run(until: wire.now.advanced(by: .seconds(2)))
        for _ in 0..<30 {
            wire.run(until: wire.now.advanced(by: .seconds(1)))
            let silence = wire.now.sinceStart - (wire.b.conversation.lastHeard ?? .start).sinceStart
            #expect(silence <= .seconds(2))
        }
    }

    @Test("a message that holds a list takes the room of several, so that no envelope is too large")
    func heavyMessages() {
        let ports = (1...2000).map { DatapathJoin.Port(dpPort: UInt16($0), name: "port\($0)", isUp: true) }
        struct Joins: WantedState {
            let ports: [DatapathJoin.Port]
            func keys(for peer: PeerName) -> [RFKey] { (1...50).map { .datapath(DatapathID(rawValue: $0)) } }
            func message(for key: RFKey) -> RFMessage? {
                guard case .datapath(let id) = key else { return nil }
                return .datapathJoin(DatapathJoin(dpID: id, ctID: 0, isVirtualSwitch: false, ports: ports))
            }
        }
        var sender = Conversation(me: .rfproxy(0), epoch: 1, peer: .rfserver, at: .start)
        var other = Peer("rfserver", to: "rfproxy.0", epoch: 1, at: .start)
        _ = sender.receive(other.greeting(), at: .start)
        let sent = sender.flush(Joins(ports: ports), at: .start).filter { $0.kind == .datapathJoin }
        #expect(sent.allSatisfy { $0.content.count == 1 })
        #expect(sent.count < 50, "the window is full before the ring is")
    }

    @Test("an idle pipeline passes one change on at once, without waiting for others")
    func noDelay() {
        var wire = Wire()
        wire.run(until: .seconds(1))
        let before = wire.now
        wire.a.set(7, to: 70)
        wire.settle()
        #expect(wire.now == before)
        #expect(wire.b.replica == wire.a.table)
    }

    @Test("rfserver restarted: its peers say everything again, without having been restarted (trap 1)")
    func receiverRestarts() {
        var wire = Wire()
        for key in 0..<50 { wire.a.set(key, to: key) }
        wire.run(until: .seconds(1))
        wire.restartB()
        #expect(wire.b.replica.isEmpty)
        wire.run(until: wire.now.advanced(by: .seconds(2)))
        #expect(wire.b.replica == wire.a.table)
    }

    @Test("a sender that starts again with less: the rest goes at the sync end, not before")
    func senderRestarts() {
        var wire = Wire()
        for key in 0..<2500 { wire.a.set(key, to: key) }
        wire.run(until: .seconds(1))
        var left = wire.a.table
        for key in 0..<100 { left[key] = nil }
        wire.restartA(with: left)
        wire.b.leastSize = wire.b.replica.count
        wire.run(until: wire.now.advanced(by: .seconds(2)))
        #expect(wire.b.replica == left)
        #expect(wire.b.leastSize >= left.count)
    }

    @Test("a lost tail is noticed by the beat, and healed")
    func lostTail() {
        var wire = Wire()
        wire.run(until: .seconds(1))
        wire.a.set(1, to: 1)
        wire.loseNext = .max
        wire.settle()
        wire.loseNext = 0
        #expect(wire.b.replica.isEmpty)
        wire.run(until: wire.now.advanced(by: .seconds(5)))
        #expect(wire.b.replica == wire.a.table)
    }

    @Test("a lost beginning is noticed too: the request names the stream that was missed")
    func lostBeginning() {
        var wire = Wire()
        for key in 0..<5000 { wire.a.set(key, to: key) }
        wire.loseNext = 4
        wire.run(until: .seconds(30))
        #expect(wire.b.replica == wire.a.table)
    }

    @Test("documents of the channel that are read again change nothing")
    func repetition() {
        var wire = Wire()
        for key in 0..<10 { wire.a.set(key, to: key) }
        wire.run(until: .seconds(1))
        wire.a.set(3, to: nil)
        wire.settle()
        let replica = wire.b.replica
        wire.replayAll()
        wire.run(until: wire.now.advanced(by: .seconds(3)))
        #expect(wire.b.replica == replica)
        #expect(wire.b.replica == wire.a.table)
    }

    @Test("a receiver that does not acknowledge stops its sender at the window, and changes coalesce")
    func window() {
        var sender = Peer("a", to: "b", epoch: 1, at: .start)
        var receiver = Peer("b", to: "a", epoch: 1, at: .start)
        let hello = receiver.greeting()
        sender.receive(hello, at: .start)
        for key in 0..<200_000 { sender.set(key, to: key) }
        let sent = sender.flush(at: .start).flatMap(\.content).filter { $0.key != nil }.count
        #expect(sent <= StreamLimits().windowMessages + StreamLimits().batch)
        for round in 0..<10 { for key in 0..<1000 { sender.set(key, to: round) } }
        let more = sender.flush(at: .start)
        #expect(more.isEmpty)
    }

    @Test("a message that closes what precedes it never overtakes an earlier change")
    func closing() throws {
        var state = ClosingState()
        let dpID = DatapathID(rawValue: 1)
        var conversation = Conversation(me: .rfserver, epoch: 1, peer: .rfproxy(0), at: .start)
        var other = Conversation(me: .rfproxy(0), epoch: 1, peer: .rfserver, at: .start)
        for envelope in other.flush(state, at: .start) { _ = conversation.receive(envelope, at: .start) }
        _ = conversation.flush(state, at: .start)
        conversation.changed(.tableComplete(dpID))
        let prefix = try #require(IPPrefix("10.0.0.0/8"))
        conversation.changed(.flow(dpID, .zero, prefix))
        state.isComplete = true
        conversation.changed(.tableComplete(dpID))
        let kinds = conversation.flush(state, at: .start).map(\.kind)
        #expect(kinds == [.flowMod, .tableComplete])
    }

    @Test("messages that were not understood forbid conclusions from silence")
    func rejectedContent() {
        var receiver = Peer("b", to: "a", epoch: 1, at: .start)
        func envelope(_ seq: Int64, _ content: [RFMessage], rejected: [String] = []) -> Envelope {
            Envelope(
                from: PeerName("a"), to: PeerName("b"), epoch: 1, toEpoch: 1, stream: 1, seq: seq,
                kind: content.first?.kind ?? .routeInfo, content: content, rejected: rejected)
        }
        receiver.receive(envelope(1, [.syncBegin]), at: .start)
        let rejected = receiver.deliveries(of: envelope(2, [], rejected: ["netmask 255.0.255.0 has a hole"]))
        #expect(rejected == [.rejected(["netmask 255.0.255.0 has a hole"])])
        let ended = receiver.deliveries(of: envelope(3, [.syncEnd(SyncEnd(count: 1))]))
        #expect(ended == [.end(named: nil)])
    }

    @Test(
        "what an incarnation says that was over before this one began is dropped, though no later one has spoken yet"
    )
    func leastPeerEpoch() {
        func greeting(epoch: Int64) -> Envelope {
            Envelope(
                from: .rfserver, to: .all, epoch: epoch, toEpoch: 0, stream: 0, seq: 0, kind: .syncRequest,
                content: [.syncRequest(SyncRequest(stream: 0))])
        }
        var conversation = Conversation(
            me: .rfproxy(0), epoch: 1, peer: .rfserver, leastPeerEpoch: 7, at: .start)
        let early = conversation.receive(greeting(epoch: 6), at: .start)
        #expect(early == [.dropped(.staleEpoch)])
        #expect(conversation.peerEpoch == 0)
        let due = conversation.receive(greeting(epoch: 7), at: .start)
        #expect(due.isEmpty)
        #expect(conversation.peerEpoch == 7)
    }

    @Test("an earlier incarnation's words are dropped, and a later one's end this one")
    func epochs() {
        var peer = Peer("b", to: "a", epoch: 5, at: .start)
        func greeting(epoch: Int64, toEpoch: Int64) -> Envelope {
            Envelope(
                from: PeerName("a"), to: PeerName("b"), epoch: epoch, toEpoch: toEpoch, stream: 0, seq: 0,
                kind: .syncRequest, content: [.syncRequest(SyncRequest(stream: 0))])
        }
        let cases: [(epoch: Int64, toEpoch: Int64, expected: [Conversation.Delivery])] = [
            (3, 0, []), (2, 0, [.dropped(.staleEpoch)]), (3, 4, [.dropped(.otherEpoch)]),
            (3, 6, [.superseded]),
        ]
        for one in cases {
            let deliveries = peer.deliveries(of: greeting(epoch: one.epoch, toEpoch: one.toEpoch))
            #expect(deliveries == one.expected)
        }
    }

    @Test("nothing is sent without need: a quiet pair shows only that it lives")
    func quiet() {
        var wire = Wire()
        for key in 0..<100 { wire.a.set(key, to: key) }
        wire.run(until: .seconds(5))
        let before = wire.sent.count
        wire.run(until: .seconds(65))
        let kinds = wire.sent[before...].map(\.kind)
        #expect(kinds.allSatisfy { $0 == .beat || $0 == .ack })
        #expect(kinds.count <= 24)
    }

    @Test("after any losses, repetitions and restarts, the copy equals the original", arguments: 0..<40)
    func randomFaults(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var wire = Wire()
        for _ in 0..<300 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<60:
                wire.a.set(
                    Int.random(in: 0..<3000, using: &random), to: Int.random(in: 0..<9, using: &random))
            case 60..<75: wire.a.set(Int.random(in: 0..<3000, using: &random), to: nil)
            case 75..<85: wire.loseNext = Int.random(in: 1..<6, using: &random)
            case 85..<88: wire.replayAll()
            case 88..<90: wire.restartB()
            case 90..<92: wire.restartA(with: wire.a.table)
            default:
                wire.run(
                    until: wire.now.advanced(by: .milliseconds(Int.random(in: 1..<3000, using: &random))))
            }
            if Bool.random(using: &random) { wire.settle() }
        }
        wire.loseNext = 0
        wire.run(until: wire.now.advanced(by: .seconds(60)))
        #expect(wire.b.replica == wire.a.table)
    }
}

private struct ClosingState: WantedState {
    var isComplete = false
    func keys(for peer: PeerName) -> [RFKey] { [] }
    func message(for key: RFKey) -> RFMessage? {
        if case .tableComplete(let dpID) = key, isComplete {
            return .tableComplete(TableComplete(dpID: dpID))
        }
        return nil
    }
}
