/// The size of the kernel's neighbour table (arp(7), `gc_thresh`).
///
/// The table and its limits are those of the whole machine. In a container they are read-only, or not shown at all.
enum NeighbourTableLimits {
    /// The limits that a router of many hosts wants: left alone, swept now and then, and never more.
    private static let wanted = [("gc_thresh1", 8192), ("gc_thresh2", 16384), ("gc_thresh3", 32768)]

    /// Raises those that are lower and can be written. None is ever lowered.
    /// - Returns: A note if that was not possible.
    static func raise() -> [String] {
        // From the last to the first, so that each is below the next at all times.
        for (name, value) in wanted.reversed() {
            let path = "/proc/sys/net/ipv4/neigh/default/\(name)"
            do throws(NetlinkError) {
                if let current = Int(try SystemFile.read(path)), current >= value { continue }
                try SystemFile.write(String(value), to: path)
            } catch {
                return ["the limits of the neighbour table stay as the host has set them (\(error))"]
            }
        }
        return []
    }
}
