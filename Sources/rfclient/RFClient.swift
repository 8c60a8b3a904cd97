import ArgumentParser
import Logging
import NetTypes
import RFClientCore
import RFLib
import RFMongo
import ServiceLifecycle
import UnixSignals

/// The options of rfclient, and what they start.
@main
struct RFClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rfclient",
        abstract: "Tells rfserver what a virtual machine's routing and ARP tables say.",
        discussion: """
            rfclient runs in the virtual machine beside a routing engine such as FRRouting or BIRD. The kernel's \
            routes, neighbours and addresses of the data interfaces (letters and a number from 1 to 255, such as \
            eth1) become flows of an OpenFlow switch; nothing of the management interface does. It sets the machine \
            up as a router, and may be stopped and started at any time: the switch keeps forwarding.
            """,
        version: routeFlowVersion)

    @OptionGroup var mongo: MongoOptions
    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The management interface.", valueName: "name"))
    var interface = "eth0"

    @Option(
        help: ArgumentHelp(
            "The VM's identity in 12 hexadecimal digits. (default: the management interface's MAC address)",
            valueName: "hex12"))
    var id: String?

    @Option(
        name: .customLong("max-hosts"),
        help: ArgumentHelp(
            "How many hosts on connected subnets may have flows of their own.", valueName: "number"))
    var maxHosts = 4096

    @Option(
        name: .customLong("netlink-buffer"),
        help: ArgumentHelp(
            "The kernel's buffer for its messages, 832 bytes a route; when it runs over, all tables are read again.",
            valueName: "bytes"))
    var netlinkBuffer = 64 << 20

    func validate() throws {
        guard netlinkBuffer > 0 else { throw ValidationError("--netlink-buffer has to be positive") }
        guard maxHosts >= 0 else { throw ValidationError("--max-hosts cannot be negative") }
        if let id {
            let value = id.utf8.count == 12 ? VMID(id) : nil
            guard let value, value.rawValue != 0 else {
                throw ValidationError("--id has to be 12 hexadecimal digits and not zero, not '\(id)'")
            }
        }
    }

    func run() async throws {
        let logger = common.logger("rfclient")
        let service = ClientService(
            ipc: try MongoIPC(uri: mongo.resolved(), logger: logger),
            machine: try Machine(interface: interface, vmID: id.flatMap { VMID($0) }),
            maxHosts: maxHosts, netlinkBuffer: netlinkBuffer,
            recorder: try common.record.map { try Recorder(path: $0) },
            logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        try await group.run()
    }
}
