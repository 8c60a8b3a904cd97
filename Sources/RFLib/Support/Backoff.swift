/// Waiting times that double up to a limit, each shortened by a random part so that peers do not march in step.
public struct Backoff: Hashable, Sendable {
    private let first: Duration
    private let limit: Duration
    private var next: Duration
    private var random: UInt64

    /// Waits `first`, then twice that, and so on up to `limit`.
    /// - Parameter seed: decides the random parts, so that a recorded run replays.
    public init(from first: Duration, upTo limit: Duration, seed: UInt64) {
        self.first = first
        self.limit = limit
        self.next = first
        self.random = seed
    }

    /// The next waiting time: between three quarters of its step and the whole step.
    public mutating func step() -> Duration {
        // The multiplier and increment of Knuth's MMIX generator (The Art of Computer Programming, 3.3.4).
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let part = Double(random >> 40) / Double(1 << 24)
        let wait = next * (1 - part / 4)
        next = min(next * 2, limit)
        return wait
    }

    /// Begins again with the first step.
    public mutating func reset() {
        next = first
    }
}
