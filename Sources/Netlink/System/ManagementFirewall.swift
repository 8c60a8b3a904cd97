import NetTypes

/// The packet filter that keeps the data plane and the management network apart (nft(8)).
struct ManagementFirewall: Hashable, Sendable {
    /// The management interface's name.
    let interface: String
    /// The networks on it.
    let networks: [IPPrefix]

    /// The table, as `nft list table` prints it.
    ///
    /// It goes by names, not by indexes: the rules hold before the interface exists, and after it was replaced.
    var table: String {
        // By destination: no host of the data plane gets in. By source: none gets the router to answer into it.
        let guarded = networks.filter { !$0.isLinkLocal }.flatMap { network in
            let version = network.address.v4 == nil ? "ip6" : "ip"
            let place = network.isHost ? network.address.description : network.description
            return ["daddr", "saddr"].map { end in
                "\t\tiifname != \"lo\" iifname != \"\(interface)\" \(version) \(end) \(place) drop\n"
            }
        }
        return """
            table inet \(Self.name) {
            \tchain forward {
            \t\ttype filter hook forward priority filter; policy accept;
            \t\tiifname "\(interface)" drop
            \t\toifname "\(interface)" drop
            \t}

            \tchain input {
            \t\ttype filter hook input priority filter; policy accept;
            \(guarded.joined())\t}
            }
            """
    }

    private static let name = "routeflow"

    /// True if the kernel has exactly this table.
    var isApplied: Bool {
        // nft fails if there is no such table, which is an answer.
        guard let listing = try? Program.run("nft", ["list", "table", "inet", Self.name]) else {
            return false
        }
        return listing.split(whereSeparator: \.isWhitespace) == table.split(whereSeparator: \.isWhitespace)
    }

    /// Puts the table in the place of the one that is there, in one step, unless it is the same.
    /// - Throws: `NetlinkError` with the code `program`.
    func apply() throws(NetlinkError) {
        guard !isApplied else { return }
        // The first line makes sure that there is one to delete. nft hands the whole input to the kernel as one transaction.
        let replacement = "table inet \(Self.name)\ndelete table inet \(Self.name)\n\(table)\n"
        _ = try Program.run("nft", ["-f", "-"], input: replacement)
    }
}

extension IPPrefix {
    /// True in fe80::/10: every interface has that network, so it tells nothing of the management interface.
    fileprivate var isLinkLocal: Bool {
        if case .v6(let address) = address { address.high >> 54 == 0xFE80 >> 6 } else { false }
    }
}
