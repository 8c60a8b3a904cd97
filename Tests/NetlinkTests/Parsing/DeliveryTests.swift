import Synchronization
import Testing

@testable import Netlink

/// A delivery whose batches can be looked at.
private final class Recorder: Sendable {
    private let sink = Sink()
    let delivery: Delivery

    init(heldLimit: Int = 10) {
        delivery = Delivery(heldLimit: heldLimit) { [sink] in sink.add($0) }
    }

    var batches: [[NetlinkEvent]] { sink.all }
}

private final class Sink: Sendable {
    private let recorded = Mutex<[[NetlinkEvent]]>([])
    var all: [[NetlinkEvent]] { recorded.withLock { $0 } }
    func add(_ batch: [NetlinkEvent]) { recorded.withLock { $0.append(batch) } }
}

private let removed = NetlinkEvent.nexthopRemoved(id: 1)
private let link = NetlinkEvent.linkRemoved(index: 1)
private let entry = NetlinkEvent.nexthop(NexthopObject(id: 1, target: .blackhole), change: [])

@Suite struct DeliveryTests {
    @Test func `Live events of the dumped kind follow the dump, others pass at once`() {
        let recorder = Recorder()
        recorder.delivery.dumpBegins(.nexthops)
        recorder.delivery.live([removed, link], malformed: 0, overruns: 0)
        recorder.delivery.dumped([entry], malformed: 0)
        recorder.delivery.dumpEnds(with: .dumpEnded(.nexthops))
        recorder.delivery.live([removed], malformed: 0, overruns: 0)
        #expect(
            recorder.batches == [
                [.dumpBegan(.nexthops)], [link], [entry], [.dumpEnded(.nexthops), removed], [removed],
            ])
    }

    @Test func `A dump that begins anew keeps what was held`() {
        let recorder = Recorder()
        recorder.delivery.dumpBegins(.nexthops)
        recorder.delivery.live([removed], malformed: 0, overruns: 0)
        recorder.delivery.dumpBeginsAnew(.nexthops)
        recorder.delivery.dumpEnds(with: .dumpEnded(.nexthops))
        #expect(recorder.batches.last == [.dumpEnded(.nexthops), removed])
        #expect(recorder.delivery.counters.dumpsInterrupted == 1)
    }

    @Test func `Events beyond the bound are dropped, counted, and reported as an overrun behind the dump`() {
        let recorder = Recorder(heldLimit: 1)
        recorder.delivery.dumpBegins(.nexthops)
        recorder.delivery.live([removed, removed, removed], malformed: 0, overruns: 0)
        recorder.delivery.dumpEnds(with: .dumpEnded(.nexthops))
        #expect(recorder.batches.last == [.dumpEnded(.nexthops), removed, .overrun])
        #expect(recorder.delivery.counters.heldEventsDropped == 2)
    }

    @Test func `An overrun is reported at once, during a dump too`() {
        let recorder = Recorder()
        recorder.delivery.dumpBegins(.routes)
        recorder.delivery.live([.overrun], malformed: 2, overruns: 1)
        #expect(recorder.batches.last == [.overrun])
        #expect(recorder.delivery.counters.overruns == 1)
        #expect(recorder.delivery.counters.malformed == 2)
    }

    @Test func `Nothing is delivered for a datagram without events`() {
        let recorder = Recorder()
        recorder.delivery.live([], malformed: 1, overruns: 0)
        #expect(recorder.batches == [])
    }
}
