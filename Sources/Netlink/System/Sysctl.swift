/// A setting of the kernel (sysctl(8)), and the value that a router needs.
struct Sysctl: Hashable, Sendable {
    /// The path below /proc/sys.
    let name: String
    /// The value it shall have.
    let wanted: String

    private var path: String { "/proc/sys/" + name }

    /// The value it has.
    /// - Throws: `NetlinkError` with the code `setting`.
    func current() throws(NetlinkError) -> String {
        try SystemFile.read(path)
    }

    /// Writes the wanted value, if it is another than the current one.
    /// - Throws: `NetlinkError` with the code `setting`, and the remedy.
    func apply() throws(NetlinkError) {
        guard try current() != wanted else { return }
        do throws(NetlinkError) {
            try SystemFile.write(wanted, to: path)
        } catch {
            throw NetlinkError(
                .setting, errno: error.errno,
                "cannot set \(name) to \(wanted); in a container /proc/sys/net has to be writable"
                    + " (LXC: lxc.mount.auto = proc:mixed)")
        }
    }
}

extension Sysctl {
    /// What holds for the whole machine.
    ///
    /// `ip_forward` comes first: writing it resets others. `arp_ignore` and `arp_announce` keep one data interface from
    /// answering for the addresses of another; the larger of `all` and the interface's own value counts
    /// (Documentation/networking/ip-sysctl.rst).
    static let machine =
        [
            Sysctl(name: "net/ipv4/ip_forward", wanted: "1"),
            Sysctl(name: "net/ipv4/conf/all/arp_ignore", wanted: "1"),
            Sysctl(name: "net/ipv4/conf/all/arp_announce", wanted: "2"),
        ] + interface("all") + interface("default")

    /// What holds for an interface: `all` (all of them), `default` (those to come) or one by its name.
    ///
    /// The reverse path filter would drop what the switch punts by another port than the way back; redirects would send hosts
    /// past the router; and a route by an interface without carrier must not hide a worse one.
    static func interface(_ name: String) -> [Sysctl] {
        [
            Sysctl(name: "net/ipv4/conf/\(name)/rp_filter", wanted: "0"),
            Sysctl(name: "net/ipv4/conf/\(name)/send_redirects", wanted: "0"),
            Sysctl(name: "net/ipv4/conf/\(name)/ignore_routes_with_linkdown", wanted: "1"),
        ]
    }

    /// What holds for a data interface.
    ///
    /// The kernel probes a neighbour once a second before it gives it up, three times by default. Probes pass through the
    /// controller, whose absence for a few seconds must not cost a host its flow: fifteen times then. All but the first ask
    /// everybody, so that a forged MAC address does not last as long.
    static func dataInterface(_ name: String) -> [Sysctl] {
        interface(name) + [
            Sysctl(name: "net/ipv4/neigh/\(name)/ucast_solicit", wanted: "1"),
            Sysctl(name: "net/ipv4/neigh/\(name)/mcast_resolicit", wanted: "14"),
        ]
    }
}
