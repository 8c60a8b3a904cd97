import CFuzzer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// `Fuzz --list`, or `Fuzz TARGET [OPTIONS OF LIBFUZZER] [FILE ...]`. rftest/fuzz runs it.
///
/// The package manager has the linker take this name for `main`, so that libFuzzer's own stays out.
@_cdecl("Fuzz_main")
public func main(_ count: Int32, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    guard let chosen else {
        print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
        return CommandLine.arguments.dropFirst().first == "--list" ? 0 : 2
    }
    // Of two options of the same name libFuzzer takes the later one.
    let options = ["Fuzz", "-max_len=\(chosen.longest)"] + CommandLine.arguments.dropFirst(2)
    var optionCount = Int32(options.count)
    var strings = options.map { strdup($0) } + [nil]
    return strings.withUnsafeMutableBufferPointer { strings in
        var start = strings.baseAddress
        return LLVMFuzzerRunDriver(&optionCount, &start) { bytes, size in
            tryInput(UnsafeRawBufferPointer(start: bytes, count: size))
            return 0
        }
    }
}

/// The target that the command line names.
private let chosen = FuzzTarget.all.first { $0.name == CommandLine.arguments.dropFirst().first }

/// What does not hold ends the process, as what traps does: libFuzzer then keeps the input.
private func tryInput(_ input: UnsafeRawBufferPointer) {
    do {
        try chosen?.check(input)
    } catch {
        fatalError("\(error)")
    }
}
