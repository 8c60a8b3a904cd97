#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A small text file of the kernel, below /proc.
enum SystemFile {
    /// Its text without white space at the ends.
    /// - Throws: `NetlinkError` with the code `setting`.
    static func read(_ path: String) throws(NetlinkError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(.setting, "cannot read \(path)") }
        defer { close(descriptor) }
        let text = String(decoding: readAll(descriptor), as: UTF8.self)
        let isSpace = { (character: Character) in character.isWhitespace }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    /// Writes text, in one piece as the kernel wants it.
    /// - Throws: `NetlinkError` with the code `setting`.
    static func write(_ text: String, to path: String) throws(NetlinkError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(.setting, "cannot write \(path)") }
        defer { close(descriptor) }
        guard writeAll(descriptor, text) else { throw .system(.setting, "cannot write \(text) to \(path)") }
    }
}
