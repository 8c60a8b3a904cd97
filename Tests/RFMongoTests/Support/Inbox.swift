import RFLib

@testable import RFMongo

/// What a channel reported, for a test to wait for. The time limit of the test bounds the waiting.
struct Inbox {
    private let events: AsyncStream<IPCEvent>
    private let continuation: AsyncStream<IPCEvent>.Continuation

    struct Ended: Error {}

    init() {
        (events, continuation) = AsyncStream.makeStream()
    }

    /// To be given to `open`. Reports of what was written come between all others, and are left out.
    var onEvent: @Sendable (IPCEvent) -> Void {
        { [continuation] event in
            if case .written = event { return }
            continuation.yield(event)
        }
    }

    /// The next event.
    func next() async throws -> IPCEvent {
        for await event in events { return event }
        throw Ended()
    }

    /// Skips events up to one of this sort.
    func until(_ isMeant: (IPCEvent) -> Bool) async throws {
        while try await !isMeant(next()) {}
    }

    /// Skips events up to the next connection.
    func connected() async throws { try await until { $0 == .connected } }

    /// The reason of the next disconnection.
    func disconnected() async throws -> String {
        while true { if case .disconnected(let reason) = try await next() { return reason } }
    }

    /// What is received from now on, up to the envelope with this number.
    func received(upTo seq: Int64, from name: PeerName = Samples.client) async throws -> [Envelope] {
        var envelopes: [Envelope] = []
        try await receive(into: &envelopes, upTo: seq, from: [name])
        return envelopes
    }

    /// Adds what is received, up to the envelopes of each of these senders with this number.
    func receive(into envelopes: inout [Envelope], upTo seq: Int64, from names: [PeerName]) async throws {
        var missing = Set(names).subtracting(envelopes.lazy.filter { $0.seq == seq }.map(\.from))
        while !missing.isEmpty {
            guard case .received(let more) = try await next() else { continue }
            envelopes += more
            missing.subtract(more.lazy.filter { $0.seq == seq }.map(\.from))
        }
    }
}
