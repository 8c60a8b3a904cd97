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
        load.written(0, at: .start)
        for (count, milliseconds) in [(1, 1), (7, 7), (20, 20), (1000, 20)] {
            var load = load
            load.sent([Self.envelope(count)], at: .start)
            #expect(load.isBusy(at: Self.at(500)), "it is not written yet")
            #expect(load.deadline == nil)
            load.written(1, at: .start)
            #expect(load.isBusy(at: Self.at(milliseconds - 1)))
            #expect(load.deadline == Self.at(milliseconds))
            #expect(!load.isBusy(at: Self.at(milliseconds)))
        }
    }

    @Test("where writing takes long, changes gather for longer")
    func slowWrites() {
        for (written, until) in [(1, 1), (2, 2), (3, 8), (12, 62), (3000, 3200)] {
            var load = ChannelLoad()
            load.written(0, at: .start)
            load.sent([Self.envelope(1)], at: .start)
            load.sent([Self.beat], at: .start)
            load.written(1, at: .start)
            #expect(load.deadline == nil, "the second is still to be written")
            load.written(1, at: Self.at(written))
            #expect(load.deadline == Self.at(until))
        }
    }

    @Test("signs of life keep nothing waiting once they are written")
    func control() {
        var load = ChannelLoad()
        load.written(0, at: .start)
        load.sent([Self.beat, Self.beat], at: .start)
        #expect(load.isBusy(at: .start))
        load.written(2, at: Self.at(9))
        #expect(!load.isBusy(at: Self.at(9)))
    }

    @Test("what was sent before the first report does not confuse the count")
    func early() {
        var load = ChannelLoad()
        load.sent([Self.beat, Self.beat], at: .start)
        load.written(1, at: .start)
        load.written(1, at: .start)
        load.sent([Self.beat], at: .start)
        #expect(load.isBusy(at: .start))
        load.written(1, at: .start)
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
