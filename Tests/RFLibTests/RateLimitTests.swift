import RFLib
import Testing

@Suite("Rate limits")
struct RateLimitTests {
    private static func at(_ milliseconds: Int) -> Instant {
        Instant(sinceStart: .milliseconds(milliseconds))
    }

    @Test("a burst is admitted at once, and then so many a second")
    func burst() {
        var limit = RateLimit(perSecond: 10, burst: 3)
        let first = (0..<5).map { _ in limit.admits(at: .start) }
        #expect(first == [true, true, true, false, false])
        #expect(limit.next(at: .start) == Self.at(100))
        let isTooEarly = limit.admits(at: Self.at(99))
        let isInTime = limit.admits(at: Self.at(100))
        #expect(!isTooEarly && isInTime)
    }

    @Test("many at once are admitted if one is, and the next waits for all of them")
    func many() {
        var limit = RateLimit(perSecond: 10, burst: 3)
        let isAdmitted = limit.admits(23, at: .start)
        #expect(isAdmitted)
        #expect(limit.next(at: .start) == Self.at(2100))
        let isTooEarly = limit.admits(at: Self.at(2099))
        let isInTime = limit.admits(2, at: Self.at(2100))
        #expect(!isTooEarly && isInTime)
        #expect(limit.next(at: Self.at(2100)) == Self.at(2300))
    }
}
