import CMnl
public import NetTypes

/// What a machine needs in order to be a router whose packets a switch forwards (design, section 8).
///
/// It works on the network namespace of the calling thread.
public struct VMSettings: Hashable, Sendable {
    /// The name of the management interface, which nothing is forwarded to or from.
    public var management: String
    /// The networks on the management interface, which the data interfaces must not reach.
    public var managementNetworks: [IPPrefix]
    /// The names of the data interfaces.
    public var dataInterfaces: [String]

    /// Creates settings; nothing is read or written yet.
    public init(management: String, managementNetworks: [IPPrefix], dataInterfaces: [String]) {
        self.management = management
        self.managementNetworks = managementNetworks
        self.dataInterfaces = dataInterfaces
    }

    /// A setting that is not as it should be.
    public struct Difference: Hashable, Sendable, CustomStringConvertible {
        /// The setting: a path below /proc/sys, or words.
        public var name: String
        /// What it should be.
        public var wanted: String
        /// What it is.
        public var actual: String

        /// One line for people.
        public var description: String { "\(name) is \(actual), should be \(wanted)" }
    }

    /// Sets what is not set yet, and verifies it. Doing it again changes nothing; call it again when a
    /// data interface has come or a management address has changed.
    /// - Returns: Notes for the log: what could not be done but is not essential.
    /// - Throws: `NetlinkError` with the reason and the remedy.
    public func apply() throws(NetlinkError) -> [String] {
        var notes: [String] = []
        for sysctl in Sysctl.machine { try sysctl.apply() }
        let offload = try ChecksumOffload()
        for interface in dataInterfaces {
            do throws(NetlinkError) {
                for sysctl in Sysctl.dataInterface(interface) { try sysctl.apply() }
                if try offload.isOn(interface) { try offload.switchOff(interface) }
            } catch  where [ENOENT, ENODEV].contains(error.errno) {
                notes.append("interface \(interface) is gone, and was not set up")
            }
        }
        try firewall.apply()
        notes += NeighbourTableLimits.raise()

        let differences = try systemDifferences()
        guard differences.isEmpty else {
            throw NetlinkError(
                .setting, "settings did not stay: " + differences.map(\.description).joined(separator: "; "))
        }
        return notes
    }

    /// Compares the machine with these settings, and changes nothing. Interfaces that do not exist do not count.
    /// - Throws: `NetlinkError` with the code `setting` if something cannot be read.
    public func differences() throws(NetlinkError) -> [Difference] {
        var differences = try systemDifferences()
        if !firewall.isApplied {
            differences.append(
                Difference(
                    name: "the nft table inet routeflow", wanted: "ours", actual: "absent or different"))
        }
        return differences
    }

    private var firewall: ManagementFirewall {
        ManagementFirewall(interface: management, networks: managementNetworks)
    }

    private func systemDifferences() throws(NetlinkError) -> [Difference] {
        var differences: [Difference] = []
        for sysctl in Sysctl.machine { try compare(sysctl, &differences) }
        let offload = try ChecksumOffload()
        for interface in dataInterfaces {
            do throws(NetlinkError) {
                for sysctl in Sysctl.dataInterface(interface) { try compare(sysctl, &differences) }
                if try offload.isOn(interface) {
                    let name = "the transmit checksum offload of \(interface)"
                    differences.append(Difference(name: name, wanted: "off", actual: "on"))
                }
            } catch  where [ENOENT, ENODEV].contains(error.errno) {
                continue
            }
        }
        return differences
    }

    private func compare(_ sysctl: Sysctl, _ differences: inout [Difference]) throws(NetlinkError) {
        let actual = try sysctl.current()
        if actual != sysctl.wanted {
            differences.append(Difference(name: sysctl.name, wanted: sysctl.wanted, actual: actual))
        }
    }
}
