import NetTypes
import RFLib
import Testing

@Suite("What gathers before it is sent")
struct ChannelLoadTests {
    private static func envelope(_ messages: Int) -> Envelope {
        let message = RFMessage.tableComplete(TableComplete(dpID: DatapathID(rawValue: 1)))
        return Envelope(
            from: .rfserver, to: .rfproxy(0), epoch: 1, toEpoch: 1, stream: 1, seq: 1, kind: .tableComplete,
            content: Array(repeating: message, count: messages))
    }

    private static let beat = Envelope(
        from: .rfserver, to: .rfproxy(0), epoch: 1, toEpoch: 1, stream: 0, seq: 0, kind: .beat,
        content: [.beat(Beat(stream: 1, seq: 1))])

    private static func at(_ milliseconds: Int) -> Instant {
        Instant(sinceStart: .milliseconds(milliseconds))
    }

    @Test("a channel that does not say what it has written is never busy")
    func unmetered() {
        var load = ChannelLoad()
        load.sent([Self.envelope(1000)], at: .start)
        #expect(!load.isBusy(at: .start))
    }

    @Test("changes gather while the channel writes, and a little longer the more was sent")
    func gathering() {
        var load = ChannelLoad()
        load.written(0)
        for (count, milliseconds) in [(1, 1), (7, 7), (20, 20), (1000, 20)] {
            var load = load
            load.sent([Self.envelope(count)], at: .start)
            #expect(load.isBusy(at: Self.at(500)), "it is not written yet")
            #expect(load.deadline == nil)
            load.written(1)
            #expect(load.isBusy(at: Self.at(milliseconds - 1)))
            #expect(load.deadline == Self.at(milliseconds))
            #expect(!load.isBusy(at: Self.at(milliseconds)))
        }
    }

    @Test(
        "a slow flood has eight envelopes at once, then one every 20 ms, and later every 80; after a pause eight again"
    )
    func slowFlood() {
        var load = ChannelLoad()
        load.written(0)
        var sent: [Int] = []
        for millisecond in 0..<1000 where !load.isBusy(at: Self.at(millisecond)) {
            load.sent([Self.envelope(1)], at: Self.at(millisecond))
            load.written(1)
            sent.append(millisecond)
        }
        #expect(Array(sent.prefix(9)) == [0, 1, 2, 3, 4, 5, 6, 7, 20])
        let gaps = zip(sent.dropFirst(8), sent.dropFirst(7)).map { $0 - $1 }
        #expect(gaps == gaps.sorted())
        #expect(gaps.contains(40))
        #expect(gaps.last == 80)
        sent = []
        for millisecond in 1300..<1310 where !load.isBusy(at: Self.at(millisecond)) {
            load.sent([Self.envelope(1)], at: Self.at(millisecond))
            load.written(1)
            sent.append(millisecond)
        }
        #expect(sent == Array(1300...1307))
    }

    @Test("a change every 21 ms is no flood, for however long")
    func steady() {
        var load = ChannelLoad()
        load.written(0)
        for number in 0..<1000 {
            let now = Self.at(21 * number)
            #expect(!load.isBusy(at: now))
            load.sent([Self.envelope(1)], at: now)
            load.written(1)
        }
    }

    @Test("one word to each of many peers is one write")
    func manyPeers() {
        var load = ChannelLoad()
        load.written(0)
        load.sent(Array(repeating: Self.envelope(1), count: 20), at: .start)
        load.written(20)
        #expect(load.deadline == Self.at(20))
        load.sent([Self.envelope(1)], at: Self.at(20))
        load.written(1)
        #expect(load.deadline == Self.at(21))
    }

    @Test("full envelopes leave no debt behind that is longer than an interval")
    func debt() {
        var load = ChannelLoad()
        load.written(0)
        for _ in 0..<50 { load.sent([Self.envelope(1000)], at: .start) }
        load.written(50)
        #expect(load.deadline == Self.at(80))
    }

    @Test("signs of life keep nothing waiting once they are written")
    func control() {
        var load = ChannelLoad()
        load.written(0)
        load.sent([Self.beat, Self.beat], at: .start)
        #expect(load.isBusy(at: .start))
        load.written(2)
        #expect(!load.isBusy(at: Self.at(9)))
    }

    @Test("what was sent before the first report does not confuse the count")
    func early() {
        var load = ChannelLoad()
        load.sent([Self.beat, Self.beat], at: .start)
        load.written(1)
        load.written(1)
        load.sent([Self.beat], at: .start)
        #expect(load.isBusy(at: .start))
        load.written(1)
        #expect(!load.isBusy(at: .start))
    }

    @Test("a conversation holds what does not fill an envelope while its channel is busy")
    func holding() {
        var a = Conversation(me: PeerName("a"), epoch: 1, peer: PeerName("b"), at: .start)
        var b = Peer("b", to: "a", epoch: 1, at: .start)
        _ = a.receive(b.greeting(), at: .start)
        let empty = Table(count: 0)
        _ = a.flush(empty, at: .start)
        #expect(!a.isHolding)
        let some = Table(count: 999)
        for key in some.keys(for: PeerName("b")) { a.changed(key) }
        #expect(a.flush(some, whileBusy: true, at: .start).isEmpty)
        #expect(a.isHolding)
        let more = Table(count: 1001)
        for key in more.keys(for: PeerName("b")) { a.changed(key) }
        #expect(a.flush(more, whileBusy: true, at: .start).map(\.content.count) == [1000])
        #expect(a.isHolding)
        #expect(a.flush(more, at: .start).map(\.content.count) == [1])
        #expect(!a.isHolding)
    }

    private struct Table: WantedState {
        let count: UInt64

        func keys(for peer: PeerName) -> [RFKey] {
            (0..<count).map { .tableComplete(DatapathID(rawValue: $0)) }
        }

        func message(for key: RFKey) -> RFMessage? {
            guard case .tableComplete(let id) = key else { return nil }
            return .tableComplete(TableComplete(dpID: id))
        }
    }
}
