import RFLib
import Testing

@Suite("The lease of the rfservers")
struct LeaseTests {
    private static let me = LeaseHolder(host: "b", pid: 20, started: 200, machine: "boot/pid:[1]")
    private static let other = LeaseHolder(host: "a", pid: 10, started: 100, machine: "boot2/pid:[1]")

    /// What a stand-by reads at a time in seconds; nil for a failed reading.
    private typealias Reading = (at: Double, lease: Lease?)

    private static func lease(_ beat: Int64, term: Int64 = 1) -> Lease {
        Lease(holder: other, term: term, beat: beat)
    }

    /// When the stand-by would take it.
    private func takings(_ readings: [Reading]) -> [Double] {
        var watch = LeaseWatch(Self.me)
        return readings.filter { at, lease in
            guard let lease else {
                watch.failed()
                return false
            }
            return watch.mayTake(lease, at: Instant(sinceStart: .seconds(at))) { _, _ in false }
        }.map(\.at)
    }

    private func every(_ step: Double, from start: Double, upTo end: Double) -> [Double] {
        Array(stride(from: start, through: end, by: step))
    }

    @Test("One that nobody has had, or that was given back, may be taken at once")
    func free() {
        var watch = LeaseWatch(Self.me)
        let unheard = watch.mayTake(nil, at: .start)
        #expect(unheard)
        #expect(takings([(0, Lease(holder: nil, term: 1, beat: 7))]) == [0])
    }

    @Test("One that stands still for two seconds may be taken, and none that moves")
    func stands() {
        let moving = every(0.25, from: 0, upTo: 5).map { Reading($0, Self.lease(Int64($0 * 4))) }
        let standing = every(0.25, from: 5.25, upTo: 7).map { Reading($0, Self.lease(20)) }
        #expect(takings(moving + standing) == [7])
    }

    @Test("The same beat of a later term is a movement")
    func laterTerm() {
        let later = every(0.25, from: 0.25, upTo: 2.25).map { Reading($0, Self.lease(1, term: 2)) }
        #expect(takings([(0, Self.lease(1))] + later) == [2.25])
    }

    @Test("What was not read, or not by a process that ran, does not count as standing still")
    func pauses() {
        let readings: [Reading] = [
            (0, Self.lease(1)), (10, Self.lease(1)), (11, Self.lease(1)), (11.5, nil), (11.9, Self.lease(1)),
            (12.8, Self.lease(1)), (13.7, Self.lease(1)), (14, Self.lease(1)),
        ]
        #expect(takings(readings) == [14])
    }

    @Test("Of a process of the same machine it is known whether it runs")
    func gone() {
        let here = LeaseHolder(host: "b", pid: 10, started: 100, machine: Self.me.machine)
        #expect(here.isGone(seenBy: Self.me) { _, _ in false })
        #expect(!here.isGone(seenBy: Self.me) { $0 == 10 && $1 == 100 })
        #expect(!Self.other.isGone(seenBy: Self.me) { _, _ in false })
        var watch = LeaseWatch(Self.me)
        let lease = Lease(holder: here, term: 1, beat: 1)
        let (gone, running) = (
            watch.mayTake(lease, at: .start) { _, _ in false },
            watch.mayTake(lease, at: .start) { _, _ in true }
        )
        #expect(gone)
        #expect(!running)
    }

    @Test("A process runs, or its number is nobody's, or another's")
    func processes() throws {
        let me = LeaseHolder.current()
        #expect(LeaseHolder.mayRun(me.pid, since: me.started))
        #expect(!LeaseHolder.mayRun(me.pid, since: me.started + 1), "another has its number")
        #expect(!LeaseHolder.mayRun(.max, since: 1), "beyond the kernel's greatest")
    }

    @Test("A holder is read as it is written, and this process runs")
    func text() throws {
        let current = LeaseHolder.current()
        #expect(LeaseHolder(current.description) == current)
        #expect(current.started > 0)
        #expect(!current.isGone(seenBy: current))
        for text in ["", "a b", "a 1 2", "a x 2 m", "a 1 y m", "a 1 2 m n"] {
            #expect(LeaseHolder(text) == nil)
        }
    }
}
