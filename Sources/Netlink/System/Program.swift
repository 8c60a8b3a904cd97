import CMnl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Runs a program of the system, and waits for its end.
enum Program {
    /// Where programs are looked for; `PATH` may lack the folders of the administrator.
    private static let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// Runs a program in the network namespace of the calling thread.
    /// - Parameters:
    ///   - name: Its name, without a folder.
    ///   - input: What it reads from its standard input.
    /// - Returns: What it wrote, standard error included.
    /// - Throws: `NetlinkError` with the code `program` if it is not there, or if it does not end with status 0.
    static func run(
        _ name: String, _ arguments: [String], input: String = ""
    ) throws(NetlinkError) -> String {
        guard
            let path = folders.map({ $0 + "/" + name }).first(where: { (path: String) in
                access(path, X_OK) == 0
            })
        else {
            throw NetlinkError(.program, errno: ENOENT, "the program \(name) is needed: install it")
        }
        let stdin = try MemoryFile(contents: input)
        let output = try MemoryFile(contents: "")
        let process = try spawn(path, [name] + arguments, input: stdin.descriptor, output: output.descriptor)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            if currentErrno != EINTR { throw .system(.program, "cannot wait for \(name)") }
        }
        let text = output.contents()
        guard status == 0 else {
            throw NetlinkError(.program, "\(name) \(arguments.joined(separator: " ")) failed: \(text)")
        }
        return text
    }

    private static func spawn(
        _ path: String, _ arguments: [String], input: Int32, output: Int32
    ) throws(NetlinkError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        // A daemon may have blocked signals for its own purposes; the program shall not inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let argv = arguments.map { strdup($0) }
        let environment = [strdup("LC_ALL=C"), strdup("PATH=\(folders.joined(separator: ":"))")]
        defer { (argv + environment).forEach { free($0) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, path, &actions, &attributes, argv + [nil], environment + [nil])
        guard result == 0 else { throw NetlinkError(.program, errno: result, "cannot start \(path)") }
        return process
    }
}

/// A file in memory, closed when its owner goes: unlike a pipe it can neither fill up nor break.
private struct MemoryFile: ~Copyable {
    let descriptor: Int32

    init(contents: String) throws(NetlinkError) {
        let descriptor = rf_memory_file("routeflow")
        guard descriptor >= 0 else { throw .system(.program, "cannot make a file in memory") }
        guard writeAll(descriptor, contents) else {
            close(descriptor)
            throw NetlinkError(.program, errno: ENOSPC, "cannot write to a file in memory")
        }
        lseek(descriptor, 0, SEEK_SET)
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func contents() -> String {
        lseek(descriptor, 0, SEEK_SET)
        return String(decoding: readAll(descriptor), as: UTF8.self)
    }
}

/// All octets from here to the end of a file.
func readAll(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16 << 10)
    while true {
        let count = read(descriptor, &part, part.count)
        guard count > 0 else { return bytes }
        bytes += part[..<count]
    }
}

/// Writes text to a file; false if not all of it can be written.
func writeAll(_ descriptor: Int32, _ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}
