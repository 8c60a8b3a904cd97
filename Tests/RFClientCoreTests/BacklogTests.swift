import Testing

@testable import RFClientCore

@Suite("Backlog of kernel events")
struct BacklogTests {
    @Test(
        "Beyond the bound events are dropped until the core has caught up, and then it hears of an overrun once"
    )
    func bound() {
        let backlog = Backlog(limit: 100)
        #expect(backlog.admit(60))
        #expect(backlog.admit(40))
        #expect(!backlog.admit(1))
        #expect(!backlog.handled(60))
        #expect(!backlog.admit(1))  // nothing passes an event that was dropped
        #expect(backlog.handled(40))
        #expect(backlog.admit(1))
        #expect(!backlog.handled(1))
    }

    @Test("A batch larger than the bound passes when nothing waits")
    func largeBatch() {
        let backlog = Backlog(limit: 10)
        #expect(backlog.admit(1000))
        #expect(!backlog.handled(1000))
    }
}
