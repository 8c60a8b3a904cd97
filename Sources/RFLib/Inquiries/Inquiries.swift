import Foundation

#if canImport(FoundationEssentials)
import FoundationEssentials
#endif

extension PeerName {
    /// An rfctl, with a number of its own.
    public static func rfctl(_ number: UInt32) -> PeerName { PeerName("rfctl.\(String(number, radix: 16))") }

    /// True for somebody who asks, and takes no other part.
    public var isInquirer: Bool { description.hasPrefix("rfctl.") }
}

/// How a daemon answers those who ask: without remembering them, and only so many a second, since a channel that is read anew
/// repeats old questions.
public struct InquiryDesk: Sendable {
    private let me: PeerName
    /// The daemon's incarnation.
    public let epoch: Int64
    private var limit = RateLimit(perSecond: 50, burst: 100)

    /// Answers in the name of a daemon's incarnation.
    public init(me: PeerName, epoch: Int64) {
        self.me = me
        self.epoch = epoch
    }

    /// The inquiries of an envelope that may be answered now.
    public mutating func admit(_ envelope: Envelope, at now: Instant) -> [Inquiry] {
        var admitted: [Inquiry] = []
        for case .inquiry(let inquiry) in envelope.content where limit.admits(at: now) {
            admitted.append(inquiry)
        }
        return admitted
    }

    /// The answer to an inquiry.
    public func answer(_ inquiry: Inquiry, of asker: PeerName, _ body: some Encodable) -> Envelope {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // A body is made of texts and numbers, which JSON can always hold.
        let json = (try? encoder.encode(body)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return Envelope(
            from: me, to: asker, epoch: epoch, toEpoch: 0, stream: 0, seq: 0, kind: .report,
            content: [.report(Report(id: inquiry.id, body: json))])
    }
}

extension Report {
    /// Reads the body.
    /// - Throws: `DecodingError` if a daemon of another version made it.
    public func decoded<Body: Decodable>(as type: Body.Type = Body.self) throws -> Body {
        try JSONDecoder().decode(Body.self, from: Data(body.utf8))
    }
}
