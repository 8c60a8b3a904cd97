import Foundation
import RFTestKit
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
        let found = try? FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
        return (found ?? []).sorted { $0.path < $1.path }
    }
}

/// One after the other: they compute without a pause, and other tests beside them wait for answers.
@Suite("Inputs that fuzzing keeps", .serialized) struct ReplayTests {
    @Test("What holds for every input holds for the kept ones", arguments: KeptInput.all)
    func holds(_ kept: KeptInput) throws {
        let bytes = try Data(contentsOf: kept.file)
        try bytes.withUnsafeBytes { try kept.target.check($0) }
    }

    /// The short run of `make test`: without libFuzzer, whose build takes minutes; rftest/fuzz has that.
    @Test("What holds for every input holds for kept ones with random changes", arguments: FuzzTarget.all)
    func changed(_ target: FuzzTarget) throws {
        let kept = try KeptInput.all.filter { $0.target.name == target.name }.map {
            Array(try Data(contentsOf: $0.file))
        }
        var random = SplitMix64(seed: 1)
        for number in 0..<Self.changes {
            var input = kept[number % kept.count]
            input.change(with: kept, using: &random)
            input = Array(input.prefix(target.longest))
            do {
                try input.withUnsafeBytes { try target.check($0) }
            } catch {
                Issue.record("\(error), for \(input.map { String($0, radix: 16) }.joined(separator: " "))")
            }
        }
    }

    private static let changes = 200

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

extension [UInt8] {
    /// What a fuzzer does to an input: some bytes are others, some are gone, and some come from another input.
    fileprivate mutating func change(with others: [[UInt8]], using random: inout SplitMix64) {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where place < count: self[place] = .random(in: .min ... .max, using: &random)
            case 1 where place < count:
                self[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 2 where place < count:
                removeSubrange(place..<Swift.min(count, place + Int.random(in: 1...8, using: &random)))
            case 3: insert(.random(in: .min ... .max, using: &random), at: place)
            default:
                let other = others.randomElement(using: &random) ?? []
                let start = Int.random(in: 0...other.count, using: &random)
                insert(contentsOf: other[start...].prefix(16), at: place)
            }
        }
    }
}
