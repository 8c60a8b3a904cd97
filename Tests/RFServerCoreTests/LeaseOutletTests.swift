import RFLib
import Synchronization
import Testing

@testable import RFServerCore

@Suite("What becomes of the lease before the core is there")
struct LeaseOutletTests {
    private final class Told: Sendable {
        let events = Mutex<[LeaseEvent]>([])

        func add(_ event: LeaseEvent) { events.withLock { $0.append(event) } }
    }

    @Test("The core begins with the last renewal, so that it never is sure without a lease")
    func renewed() {
        let (outlet, told) = (LeaseOutlet(), Told())
        let taken = ContinuousClock.now
        let renewed = LeaseEvent.renewed(at: taken.advanced(by: .milliseconds(500)))
        outlet.tell(.renewed(at: taken))
        outlet.tell(renewed)
        outlet.open(onEvent: told.add)
        #expect(told.events.withLock { $0 } == [renewed])
        outlet.tell(.lost)
        #expect(told.events.withLock { $0 } == [renewed, .lost])
    }

    @Test("One that is lost by then is told as lost")
    func lost() {
        let (outlet, told) = (LeaseOutlet(), Told())
        outlet.tell(.renewed(at: .now))
        outlet.tell(.lost)
        outlet.open(onEvent: told.add)
        #expect(told.events.withLock { $0 } == [.lost])
    }
}
