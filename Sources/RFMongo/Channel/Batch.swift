import RFLib

/// The documents of one reply, as what a daemon is told.
struct Batch {
    private let reader: PeerName
    private var closed: [IPCEvent] = []
    private var envelopes: [Envelope] = []

    /// - Parameter reader: whose documents they are.
    init(reader: PeerName) {
        self.reader = reader
    }

    /// In the order of the channel: all envelopes up to a poisonous document together, then that.
    var events: [IPCEvent] {
        envelopes.isEmpty ? closed : closed + [.received(envelopes)]
    }

    /// Takes a document.
    mutating func take(_ element: BSONElement) {
        do {
            var document = try BSONReader(element)
            let envelope = try Envelope(from: &document)
            if !isSeed(envelope) { envelopes.append(envelope) }
        } catch {
            if !envelopes.isEmpty { closed.append(.received(envelopes)) }
            envelopes = []
            closed.append(.poison(reason: "\(Self.identity(of: element)): \(error.reason)"))
        }
    }

    /// The document that keeps a reader's cursor alive: a beat to itself, from no incarnation.
    static func seed(for reader: PeerName) -> Envelope {
        Envelope(
            from: reader, to: reader, epoch: 0, toEpoch: 0, stream: 0, seq: 0, kind: .beat,
            content: [.beat(Beat(stream: 0, seq: 0))])
    }

    private func isSeed(_ envelope: Envelope) -> Bool {
        envelope.from == reader && envelope.epoch == 0
    }

    /// What can be said of a document that is no envelope, so that people find it.
    private static func identity(of element: BSONElement) -> String {
        guard var document = try? BSONReader(element) else { return "a document" }
        let id = (try? document.read("_id", as: ObjectID.self))?.description ?? "without an ObjectId"
        let from = (try? document.read("from", as: String.self)) ?? "nobody"
        return "document \(id) from \(from.prefix(64))"
    }
}
