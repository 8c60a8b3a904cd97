import Foundation

#if canImport(FoundationEssentials)
import FoundationEssentials
#endif

/// Writes what a core is told, so that a test can tell it the same again (`--record`).
///
/// One line a call of `handle`: `{"at": ..., "event": ...}` in JSON.
public struct Recorder<Event: Codable & Sendable>: Sendable {
    /// One recorded call.
    public struct Line: Codable, Sendable {
        /// When the core was told.
        public var at: Instant
        /// What it was told.
        public var event: Event
    }

    private let file: FileHandle
    private let encoder = JSONEncoder()

    /// Opens a file for appending, and creates it if need be.
    /// - Throws: the file system's error.
    public init(path: String) throws {
        let url = URL(fileURLWithPath: path)
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: url) }
        file = try FileHandle(forWritingTo: url)
        try file.seekToEnd()
    }

    /// Writes one call.
    /// - Throws: the file system's error, such as a full disk.
    public func record(_ event: Event, at now: Instant) throws {
        var line = try encoder.encode(Line(at: now, event: event))
        line.append(UInt8(ascii: "\n"))
        try file.write(contentsOf: line)
    }

    /// Reads a recording.
    /// - Throws: the file system's error, or `DecodingError` for a line that this version does not understand.
    public static func read(path: String) throws -> [Line] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let decoder = JSONDecoder()
        return try data.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Line.self, from: $0) }
    }
}
