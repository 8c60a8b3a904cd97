import Netlink
import Testing

@testable import RFClientCore

@Suite("Backlog of kernel events")
struct BacklogTests {
    private func events(_ count: Int) -> [NetlinkEvent] {
        (0..<count).map { .linkRemoved(index: UInt32($0)) }
    }

    @Test(
        "Beyond the bound events are dropped until the core has caught up, and then it hears of an overrun once"
    )
    func bound() {
        let backlog = Backlog(limit: 100)
        #expect(backlog.admit(events(60)))
        #expect(backlog.admit(events(40)))
        #expect(!backlog.admit(events(1)))
        #expect(!backlog.handled(60))
        #expect(!backlog.admit(events(1)))  // nothing passes an event that was dropped
        #expect(backlog.handled(40))
        #expect(backlog.admit(events(1)))
        #expect(!backlog.handled(1))
    }

    @Test("A batch larger than the bound passes when nothing waits")
    func largeBatch() {
        let backlog = Backlog(limit: 10)
        #expect(backlog.admit(events(1000)))
        #expect(!backlog.handled(1000))
    }

    @Test("No part of a dump is ever dropped: what it does not name would be taken for gone")
    func dumps() {
        let backlog = Backlog(limit: 10)
        #expect(backlog.admit(events(10)))
        #expect(!backlog.admit(events(1)))
        #expect(backlog.admit([.dumpBegan(.routes)] + events(5)))
        #expect(backlog.admit(events(500)))
        #expect(backlog.admit([.dumpEnded(.routes)]))
        #expect(!backlog.admit(events(1)))
    }
}
