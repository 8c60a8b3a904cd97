public import Logging
import Synchronization

/// Keeps what is logged.
public final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    private let news = AsyncStream<Void>.makeStream()

    /// Nothing yet.
    public init() {}

    /// A logger that writes here.
    public var logger: Logger { Logger(label: "test") { _ in handler } }

    /// A handler that writes here.
    public var handler: some LogHandler { Handler(lines: self) }

    /// Each line with its metadata.
    public var all: [String] { lines.withLock { $0 } }

    /// The number of lines that contain a text.
    public func count(of text: String) -> Int { all.count { $0.contains(text) } }

    /// Waits until a line contains a text. The time limit of the test bounds the waiting.
    public func line(containing text: String) async throws {
        for await _ in news.stream where count(of: text) > 0 { return }
        throw CancellationError()
    }

    private func add(_ line: String) {
        lines.withLock { $0.append(line) }
        news.continuation.yield()
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var logLevel = Logger.Level.trace
        var metadata = Logger.Metadata()

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = metadata.merging(event.metadata ?? [:]) { $1 }
            let texts = fields.map { "\($0)=\($1)" }.sorted()
            lines.add("\(event.level) \(event.message) \(texts.joined(separator: " "))")
        }
    }
}
