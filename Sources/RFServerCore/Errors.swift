/// What ends or hinders rfserver.
public enum ServerError: Error, Hashable, CustomStringConvertible {
    /// The mapping file cannot be read.
    case mappingFileUnreadable(path: String, reason: String)
    /// This process must not go on.
    case stopped(reason: String)
    /// A command of Open vSwitch failed.
    case commandFailed(command: String, output: String)

    /// One line: what, where and the remedy.
    public var description: String {
        switch self {
        case .mappingFileUnreadable(let path, let reason):
            "--config \(path): cannot be read: \(reason)"
        case .stopped(let reason):
            "rfserver ends: \(reason)"
        case .commandFailed(let command, let output):
            "'\(command)' failed: \(output.isEmpty ? "no output" : output)"
        }
    }
}
