import Glibc

/// A program that the test runs: started with nothing but its arguments, ended by its number.
struct ChildProcess {
    private let pid: pid_t

    /// Starts a program of the environment's PATH, with both outputs in a file.
    init(_ arguments: [String], output: String, environment: [String]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The threads that tests run on block all signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let texts = (["/usr/bin/env"] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in texts + variables { free(text) } }
        let result = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, texts, variables)
        guard result == 0 else { throw Unexpected("\(arguments): \(String(cString: strerror(result)))") }
        self.pid = pid
    }

    func terminate() { kill(pid, SIGTERM) }

    /// The exit status, or -1 if a signal ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
    }
}
