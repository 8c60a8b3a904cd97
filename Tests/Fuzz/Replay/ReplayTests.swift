import Foundation
import Testing

/// An input that is kept: a real message of the corpus, or one that was a find once.
struct KeptInput: Sendable, CustomTestStringConvertible {
    let target: FuzzTarget
    let file: URL

    var testDescription: String { file.pathComponents.suffix(3).joined(separator: "/") }

    /// Every kept input of every target.
    static let all = ["corpus", "cases"].flatMap { kind in
        FuzzTarget.all.flatMap { target in
            files(in: folder(kind).appending(path: target.name)).map { KeptInput(target: target, file: $0) }
        }
    }

    /// A folder beside this one.
    static func folder(_ kind: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: kind)
    }

    /// What is in a folder; nothing, if there is none.
    static func files(in folder: URL) -> [URL] {
        let found = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (found ?? []).sorted { $0.path < $1.path }
    }
}

@Suite("Inputs that fuzzing keeps") struct ReplayTests {
    @Test("What holds for every input holds for the kept ones", arguments: KeptInput.all)
    func holds(_ kept: KeptInput) throws {
        let bytes = try Data(contentsOf: kept.file)
        try bytes.withUnsafeBytes { try kept.target.check($0) }
    }

    @Test("Nothing and a single byte are inputs too", arguments: FuzzTarget.all)
    func shortest(_ target: FuzzTarget) throws {
        for byte in UInt8.min...UInt8.max {
            try withUnsafeBytes(of: byte) { bytes in
                try target.check(UnsafeRawBufferPointer(rebasing: bytes[..<0]))
                try target.check(bytes)
            }
        }
    }

    @Test("Each target has a corpus, and each folder belongs to a target")
    func folders() {
        let names = Set(FuzzTarget.all.map(\.name))
        #expect(Set(KeptInput.files(in: KeptInput.folder("corpus")).map(\.lastPathComponent)) == names)
        #expect(
            Set(KeptInput.files(in: KeptInput.folder("cases")).map(\.lastPathComponent)).isSubset(of: names))
    }
}
