import Foundation
import NetTypes

/// An Open vSwitch of the test's own, in a folder of its own.
///
/// Its bridges are of the type that Open vSwitch uses for its own tests: the flow tables are the real ones, but there is no
/// network device, so that nothing of the machine changes and no privilege is needed.
final class PrivateOpenVSwitch {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let folder: URL
    private var daemons: [ChildProcess] = []
    private static let schema = "/usr/share/openvswitch/vswitch.ovsschema"

    static var isInstalled: Bool {
        FileManager.default.isExecutableFile(atPath: "/usr/sbin/ovs-vswitchd")
            && FileManager.default.fileExists(atPath: schema)
    }

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("rf-ovs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run("ovsdb-tool", "create", path("conf.db"), Self.schema)
        try start(
            "ovsdb-server", path("conf.db"), "--remote=punix:\(path("db.sock"))",
            "--unixctl=\(path("ovsdb-server.ctl"))")
        try await eventually("the database is there") { exists("db.sock") && exists("ovsdb-server.ctl") }
        try start(
            "ovs-vswitchd", "unix:\(path("db.sock"))", "--enable-dummy", "--disable-system",
            "--log-file=\(path("ovs-vswitchd.log"))", "--unixctl=\(path("ovs-vswitchd.ctl"))")
        try await eventually("the switch is there") { exists("ovs-vswitchd.ctl") }
        // Says of each OpenFlow message that it came.
        try run("ovs-appctl", "-t", path("ovs-vswitchd.ctl"), "vlog/set", "vconn:file:dbg")
    }

    /// Ends both daemons, and removes the folder.
    func stop() {
        for daemon in daemons.reversed() {
            daemon.terminate()
            _ = daemon.wait()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Makes a bridge with these ports, numbered from 1. What leaves by a port is in `<port>.pcap`.
    func addBridge(
        _ name: String, _ datapath: DatapathID, ports: [String], controllerPort: Int, over: String = "tcp"
    ) throws {
        try addBridge(name, datapath, ports: ports, controllerPorts: [controllerPort], over: over)
    }

    /// Makes a bridge that is connected to several controllers at once.
    func addBridge(
        _ name: String, _ datapath: DatapathID, ports: [String], controllerPorts: [Int], over: String = "tcp"
    ) throws {
        var arguments = ["add-br", name, "--", "set", "bridge", name, "datapath_type=dummy"]
        arguments += ["protocols=OpenFlow10", "fail-mode=secure", "other-config:datapath-id=\(datapath)"]
        arguments += ["other-config:disable-in-band=true"]
        for (index, port) in ports.enumerated() {
            arguments += ["--", "add-port", name, port, "--", "set", "interface", port, "type=dummy"]
            arguments += ["ofport_request=\(index + 1)", "options:tx_pcap=\(path("\(port).pcap"))"]
        }
        arguments += ["--", "set-controller", name] + controllerPorts.map { "\(over):127.0.0.1:\($0)" }
        try vsctl(arguments)
        try hurry(name)
    }

    /// Gives a bridge these controllers instead of those that it has. It stays connected to one that it had already.
    func setControllers(_ bridge: String, ports: [Int]) throws {
        try vsctl(["set-controller", bridge] + ports.map { "tcp:127.0.0.1:\($0)" })
        try hurry(bridge)
    }

    /// A controller that is away is tried again every second.
    private func hurry(_ bridge: String) throws {
        let rows = try vsctl(["--bare", "--columns=controller", "list", "bridge", bridge])
        for row in rows.split(whereSeparator: \.isWhitespace) {
            try vsctl(["set", "controller", String(row), "max_backoff=1000"])
        }
    }

    /// What the switches show when they connect over TLS, and whom they believe.
    func show(_ certificates: Certificates, _ name: String, authority: String = "ca") throws {
        try vsctl([
            "set-ssl", certificates.path("\(name).key"), certificates.path("\(name).pem"),
            certificates.path("\(authority).pem"),
        ])
    }

    @discardableResult
    private func vsctl(_ arguments: [String]) throws -> String {
        try run("ovs-vsctl", ["--db=unix:\(path("db.sock"))", "--timeout=20"] + arguments)
    }

    /// The flows of a bridge as `ovs-ofctl` prints them, one line each, without counters.
    func flows(_ bridge: String) throws -> [String] {
        try run("ovs-ofctl", "-O", "OpenFlow10", "--no-stats", "dump-flows", "unix:\(path("\(bridge).mgmt"))")
            .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.contains("actions=") }
    }

    func control(_ bridge: String, _ command: String, _ flow: String) throws {
        try run("ovs-ofctl", "-O", "OpenFlow10", command, "unix:\(path("\(bridge).mgmt"))", flow)
    }

    /// A frame comes in by a port.
    func receive(_ frame: [UInt8], port: String) throws {
        let hex = frame.map { String(format: "%02x", $0) }.joined()
        try run("ovs-appctl", "-t", path("ovs-vswitchd.ctl"), "netdev-dummy/receive", port, hex)
    }

    /// The frames that have left by a port.
    func sent(port: String) throws -> [[UInt8]] {
        var data = try Data(contentsOf: folder.appendingPathComponent("\(port).pcap")).dropFirst(24)
        var frames: [[UInt8]] = []
        while data.count >= 16 {
            let length = data.dropFirst(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            frames.append(Array(data.dropFirst(16).prefix(length)))
            data = data.dropFirst(16 + length)
        }
        return frames
    }

    /// How many flow mods have come since the start.
    func flowModCount() throws -> Int {
        // The log is written by a thread of its own: what reopens it waits for that.
        try run("ovs-appctl", "-t", path("ovs-vswitchd.ctl"), "vlog/reopen")
        return try String(contentsOfFile: path("ovs-vswitchd.log"), encoding: .utf8)
            .split(separator: "\n").filter { $0.contains("received: OFPT_FLOW_MOD") }.count
    }

    @discardableResult
    private func run(_ program: String, _ arguments: String...) throws -> String {
        try run(program, arguments)
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let output = path("output-\(UUID().uuidString)")
        let status = try ChildProcess([program] + arguments, output: output, environment: environment).wait()
        let text = try String(contentsOfFile: output, encoding: .utf8)
        try FileManager.default.removeItem(atPath: output)
        guard status == 0 else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(text)")
        }
        return text
    }

    private func start(_ program: String, _ arguments: String...) throws {
        daemons.append(
            try ChildProcess([program] + arguments, output: "/dev/null", environment: environment))
    }

    private var environment: [String] {
        ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
            + ["OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR"].map { "\($0)=\(folder.path)" }
    }
}
