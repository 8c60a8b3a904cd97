public import Logging

/// Hands each event on to another handler with its control characters escaped: what a peer writes into a name must neither look like a
/// line of the log nor move the cursor of a terminal.
struct PrintableLogHandler<Wrapped: LogHandler>: LogHandler {
    private var wrapped: Wrapped

    /// Hands on to this one.
    init(_ wrapped: Wrapped) {
        self.wrapped = wrapped
    }

    var logLevel: Logger.Level {
        get { wrapped.logLevel }
        set { wrapped.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { wrapped.metadata }
        set { wrapped.metadata = newValue.mapValues(\.printable) }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { wrapped.metadataProvider }
        set { wrapped.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { wrapped[metadataKey: key] }
        set { wrapped[metadataKey: key] = newValue?.printable }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(event.message.description.printable)"
        event.metadata = event.metadata?.mapValues(\.printable)
        if let error = event.error {
            event.error = nil
            event.metadata = (event.metadata ?? [:]).merging(["error": .string("\(error)".printable)]) {
                own, _ in own
            }
        }
        wrapped.log(event: event)
    }
}

extension Logger.MetadataValue {
    /// The text of the value, without control characters.
    fileprivate var printable: Self { .string("\(self)".printable) }
}

extension String {
    /// The text with `\n` for a new line, and `\u{1B}` and the like for all other characters that command and are not seen: control
    /// characters, separators of lines, and formatting such as another direction of writing (Unicode's categories Cc, Zl, Zp and Cf).
    public var printable: String {
        guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isUnprintable {
                text += scalar.escaped(asASCII: true)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension Logger {
    /// A logger that writes lines without control characters to standard error.
    public static func toStandardError(_ label: String) -> Logger {
        Logger(label: label) { PrintableLogHandler(StreamLogHandler.standardError(label: $0)) }
    }
}
