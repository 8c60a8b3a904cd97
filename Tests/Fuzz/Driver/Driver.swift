#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

// What libFuzzer's own main calls (compiler-rt, FuzzerInterface.h). `Fuzz --list`, or
// `Fuzz TARGET [OPTIONS OF LIBFUZZER] [FILE ...]`; rftest/fuzz runs it.

/// Before the first input: takes the name of the target from the command line.
/// - Parameter words: `argv`, to be changed.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<Int32>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> Int32 {
    guard let chosen else {
        print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
        exit(CommandLine.arguments.dropFirst().first == "--list" ? 0 : 2)
    }
    // In its place stands what libFuzzer cannot know; a later option of the same name counts more.
    words.pointee?[1] = strdup("-max_len=\(chosen.longest)")
    return 0
}

/// Tries an input. What does not hold ends the process, as what traps does: libFuzzer then keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func tryInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    do {
        try chosen?.check(UnsafeRawBufferPointer(start: bytes, count: size))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

/// The target that the command line names.
private let chosen = FuzzTarget.all.first { $0.name == CommandLine.arguments.dropFirst().first }
