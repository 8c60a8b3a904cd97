public import NetTypes

/// How the virtual switch that the VMs hang on has to be.
public struct VirtualSwitchSettings: Hashable, Sendable {
    /// The name of the Open vSwitch bridge.
    public var bridge: String
    /// The identity that the bridge shows to rfproxy.
    public var datapathID: DatapathID
    /// `netdev` for the userspace datapath, `system` for the kernel's.
    public var datapathType: String
    /// The rfproxies, such as `tcp:127.0.0.1:6633` or `ssl:192.0.2.1:6653`.
    public var controllers: [String]
    /// A pattern (as of file names) for the interfaces of this machine that are ports of VMs.
    public var portPattern: String?

    /// Describes a bridge.
    public init(
        bridge: String, datapathID: DatapathID = .defaultVirtualSwitch, datapathType: String,
        controllers: [String], portPattern: String? = nil
    ) {
        self.bridge = bridge
        self.datapathID = datapathID
        self.datapathType = datapathType
        self.controllers = controllers
        self.portPattern = portPattern
    }

    /// What Open vSwitch has now.
    struct Actual: Hashable, Sendable {
        var controllers: [String] = []
        var ports: Set<String> = []
        /// Ports of the bridge whose device is gone.
        var deadPorts: Set<String> = []
        /// Ports of the bridge that hold a device which has been replaced by another of the same name.
        var stalePorts: Set<String> = []
    }

    /// The `ovs-vsctl` arguments that keep the bridge's own settings: changing nothing where nothing differs.
    ///
    /// The fail mode comes before the controller: a bridge in the other mode forwards by itself while it has none.
    var settingArguments: [String] {
        [
            "--may-exist", "add-br", bridge, "--",
            "set", "bridge", bridge, "datapath_type=\(datapathType)", "protocols=OpenFlow10",
            "fail-mode=secure",
            "other-config:datapath-id=\(datapathID)", "other-config:disable-in-band=true",
        ]
    }

    /// The arguments that list the rows of the bridge's controllers. Where there are several, a row has no other name.
    var controllerRows: [String] { ["--bare", "--columns=controller", "list", "bridge", bridge] }

    /// The arguments that keep the controllers' rows: fast return after a restart of rfproxy, and a bound on the
    /// packets that a flood can send it.
    func controllerArguments(rows: [String]) -> [String] {
        let settings = ["max_backoff=1000", "controller_rate_limit=1000", "controller_burst_limit=250"]
        return Array(rows.map { ["set", "controller", $0] + settings }.joined(separator: ["--"]))
    }

    /// The changes that lead from what is to what has to be, as `ovs-vsctl` arguments. `set-controller` is among them
    /// only where the controllers differ, for it ends their connections.
    /// - Parameter interfaces: the interfaces of this machine that match the pattern.
    func changes(from actual: Actual, interfaces: Set<String>) -> [[String]] {
        var commands: [[String]] = []
        if Set(actual.controllers) != Set(controllers) {
            commands.append(["set-controller", bridge] + controllers)
        }
        let stale = actual.stalePorts.intersection(interfaces)
        for port in actual.deadPorts.subtracting(interfaces).union(stale).sorted() {
            commands.append(["--if-exists", "del-port", bridge, port])
        }
        for port in interfaces.subtracting(actual.ports).union(stale).sorted() {
            commands.append(["--may-exist", "add-port", bridge, port])
        }
        return commands
    }
}
