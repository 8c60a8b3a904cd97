public import Logging

/// A line of the log as a value: the cores decide what is said, the shells say it.
public struct LogLine: Hashable, Codable, Sendable {
    /// How important it is.
    public var level: Logger.Level
    /// What happened, in a sentence without ids.
    public var message: String
    /// The ids: `dp_id` as 16 hexadecimal digits, `vm_id` as 12, and so on.
    public var ids: [String: String]

    /// Creates a line.
    public init(_ level: Logger.Level, _ message: String, _ ids: [String: any CustomStringConvertible] = [:])
    {
        self.level = level
        self.message = message
        self.ids = ids.mapValues(\.description)
    }

    /// Says the line.
    public func write(to logger: Logger) {
        logger.log(level: level, "\(message)", metadata: ids.mapValues { .string($0) }, source: "core")
    }
}
