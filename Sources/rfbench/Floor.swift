import ArgumentParser
import Dispatch
import RFLib

/// `rfbench floor`.
struct Floor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How long two hops through MongoDB take, there and back, without any RouteFlow.",
        discussion: """
            Two ends, each with a connection of its own. One inserts a document of a route's size, the other waits for \
            it at a tailable cursor and inserts its own, for which the first one waits. No daemon can be faster.
            """)

    /// The result.
    struct Report: Encodable {
        /// Milliseconds.
        let p50, p99: Double
        /// All round trips, in order, in milliseconds.
        let samples: [Double]
    }

    @OptionGroup var mongo: MongoOptions

    @Option(help: ArgumentHelp("How many round trips.", valueName: "number"))
    var count = 1000

    @Option(help: ArgumentHelp("The pause between two of them.", valueName: "milliseconds"))
    var pause = 0

    func validate() throws {
        guard count > 0, pause >= 0 else { throw ValidationError("--count and --pause are positive") }
    }

    func run() async throws {
        let uri = try mongo.resolved()
        let names = (there: "bench.there", back: "bench.back")
        let owner = try MongoEnd(
            uri, reads: names.back, writes: names.there, creates: [names.there, names.back])
        defer { owner.drop([names.there, names.back]) }
        let total = count + Self.warmUp
        let echo = Task.detached {
            let end = try MongoEnd(uri, reads: names.there, writes: names.back)
            for _ in 0..<total {
                try end.receive()
                try end.send()
            }
        }
        try await Task.sleep(for: .milliseconds(300))
        var samples: [Double] = []
        for number in 0..<total {
            if pause > 0 { try await Task.sleep(for: .milliseconds(pause)) }
            let start = ContinuousClock.now
            try owner.send()
            try owner.receive()
            if number >= Self.warmUp { samples.append((ContinuousClock.now - start) / .milliseconds(1)) }
        }
        try await echo.value
        let sorted = samples.sorted()
        try RFBench.report(
            Report(p50: sorted[sorted.count / 2], p99: sorted[sorted.count * 99 / 100], samples: samples))
    }

    private static let warmUp = 20
}
