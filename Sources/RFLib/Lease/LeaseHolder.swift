#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A process that holds the lease: named for people, and so that another process of the same machine can tell that it is gone.
public struct LeaseHolder: Hashable, Sendable, LosslessStringConvertible {
    /// The name of the machine.
    public let host: String
    /// The process.
    public let pid: Int32
    /// When the process started, in clock ticks since the machine's boot (proc(5), /proc/PID/stat, field 22).
    public let started: UInt64
    /// The boot of the machine, and the namespace in which the process has its number.
    public let machine: String

    /// Names a process.
    public init(host: String, pid: Int32, started: UInt64, machine: String) {
        self.host = host
        self.pid = pid
        self.started = started
        self.machine = machine
    }

    /// Reads what `description` writes.
    public init?(_ description: String) {
        let parts = description.split(separator: " ")
        guard parts.count == 4, let pid = Int32(parts[1]), let started = UInt64(parts[2]) else { return nil }
        self.init(host: String(parts[0]), pid: pid, started: started, machine: String(parts[3]))
    }

    /// Host, process, start and machine.
    public var description: String { "\(host) \(pid) \(started) \(machine)" }

    /// This process.
    public static func current() -> LeaseHolder {
        let process = ProcessInfo.processInfo
        let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        return LeaseHolder(
            host: process.hostName.isEmpty ? "unknown" : process.hostName.replacing(" ", with: "_"),
            pid: process.processIdentifier, started: Self.process(process.processIdentifier)?.started ?? 0,
            machine: (boot?.filter { !$0.isWhitespace } ?? "unknown") + "/" + (namespace ?? "unknown"))
    }

    /// True if this was a process of the observer's own machine, and runs no more: nobody needs to wait for its silence.
    /// - Parameter runs: whether the process with a number, which started then, may still run.
    public func isGone(seenBy observer: LeaseHolder, runs: (Int32, UInt64) -> Bool = mayRun) -> Bool {
        machine == observer.machine && started > 0 && observer.started > 0 && !runs(pid, started)
    }

    /// False if it is certain that the process with this number, which started then, runs no more. What this process is not
    /// allowed to see (proc(5), hidepid) may run.
    public static func mayRun(_ pid: Int32, since started: UInt64) -> Bool {
        if let process = Self.process(pid) { return process.lives && process.started == started }
        return kill(pid, 0) == 0 || errno != ESRCH
    }

    /// What is known of a process: false for one that is dead and only waits to be collected, and when it started.
    private static func process(_ pid: Int32) -> (lives: Bool, started: UInt64)? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            // Field 2, the program's name between brackets, may hold anything.
            let end = status.lastIndex(of: ")")
        else { return nil }
        let fields = status[end...].split(separator: " ").dropFirst()
        guard let state = fields.first, let started = fields.dropFirst(19).first.flatMap({ UInt64($0) })
        else {
            return nil
        }
        return (state != "Z" && state != "X", started)
    }
}
