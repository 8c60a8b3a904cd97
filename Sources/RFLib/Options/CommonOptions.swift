public import ArgumentParser
public import Logging

/// What all daemons take.
public struct CommonOptions: ParsableArguments, Sendable {
    /// How much is logged.
    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("The least level that is logged.", valueName: "level"))
    public var logLevel: Logger.Level = .info

    /// Where the events are recorded.
    @Option(
        help: ArgumentHelp(
            "Records every event that the daemon decides on, one line of JSON each, for replay in a test.",
            valueName: "file"))
    public var record: String?

    /// For the parser.
    public init() {}

    /// A logger to standard error, for the daemon with this name.
    public func logger(_ label: String) -> Logger {
        var logger = Logger.toStandardError(label)
        logger.logLevel = logLevel
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
