public import ArgumentParser

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where the database is. A password belongs in a file: what stands on the command line is seen by all in `ps`.
public struct MongoOptions: ParsableArguments, Sendable {
    /// The URI itself.
    @Option(
        name: .customLong("mongo"),
        help: ArgumentHelp(
            "The MongoDB URI. (default: mongodb://127.0.0.1:27017/db)", valueName: "uri"))
    public var uri: String?

    /// A file that holds the URI.
    @Option(
        name: .customLong("mongo-file"),
        help: ArgumentHelp(
            "A file that holds the MongoDB URI, for one with a password. (default: $\(Self.variable), if that is set)",
            valueName: "file"))
    public var file: String?

    /// The environment variable that names the file where no option does.
    public static let variable = "ROUTEFLOW_MONGO_FILE"

    /// For the parser.
    public init() {}

    /// Both options at once contradict each other.
    public func validate() throws {
        if uri != nil, file != nil {
            throw ValidationError("--mongo and --mongo-file say the same thing: give one of them")
        }
    }

    /// The URI, read from the file if one was named.
    /// - Throws: `ValidationError` that names the file, if it cannot be read or is empty.
    public func resolved() throws -> String {
        if let uri { return uri }
        guard let file = file ?? ProcessInfo.processInfo.environment[Self.variable] else {
            return "mongodb://127.0.0.1:27017/db"
        }
        let text: String
        do {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw ValidationError("--mongo-file \(file): cannot be read; it has to hold one MongoDB URI")
        }
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard !line.isEmpty else {
            throw ValidationError("--mongo-file \(file): is empty; it has to hold one MongoDB URI")
        }
        return line
    }
}
