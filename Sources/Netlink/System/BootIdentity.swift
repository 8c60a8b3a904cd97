/// Tells one life of a machine from the next.
public enum BootIdentity {
    /// A text that changes when the machine or the container boots, and only then.
    ///
    /// The kernel's boot id is the host's in a container too, so the time at which process 1 started, in clock ticks
    /// since the host's boot (proc(5), /proc/PID/stat, field 22), stands beside it.
    /// - Throws: `NetlinkError` with the code `setting` if /proc cannot be read.
    public static func current() throws(NetlinkError) -> String {
        let boot = try SystemFile.read("/proc/sys/kernel/random/boot_id")
        let status = try SystemFile.read("/proc/1/stat")
        guard let start = startTime(status) else {
            throw NetlinkError(.setting, "/proc/1/stat is not as proc(5) says")
        }
        return "\(boot)-\(start)"
    }

    /// Field 22. Field 2, the program's name between brackets, may hold anything, so the fields are counted behind its end.
    static func startTime(_ status: String) -> UInt64? {
        guard let end = status.lastIndex(of: ")") else { return nil }
        let fields = status[end...].split(separator: " ").dropFirst()
        return fields.dropFirst(19).first.flatMap { UInt64($0) }
    }
}
