import Testing

@testable import Netlink

@Suite("How fast events are read")
struct ReadingPaceTests {
    @Test("one event after a pause delays the next by no more than its own cost")
    func single() {
        var pace = ReadingPace()
        for moment in 1...100 {
            #expect(pace.pause(after: 1, at: .milliseconds(20 * moment)) == .microseconds(100))
        }
    }

    @Test("the more was read, the longer the next may gather, up to 10 ms")
    func fast() {
        for (count, pause) in [(10, 1), (50, 5), (100, 10), (900, 10)] {
            var pace = ReadingPace()
            #expect(pace.pause(after: count, at: .seconds(1)) == .milliseconds(pause))
        }
    }

    @Test("a slow flood is read a few times at once, and then every 5 ms")
    func slow() {
        var pace = ReadingPace()
        var now = Duration.seconds(1)
        var readings = 0
        while now < .milliseconds(2000) {
            readings += 1
            now += max(pace.pause(after: 1, at: now), .microseconds(200))
        }
        #expect((200...210).contains(readings))
    }
}
