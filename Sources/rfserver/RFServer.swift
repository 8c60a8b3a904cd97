public import ArgumentParser
import Foundation
import Logging
public import NetTypes
import RFLib
import RFMongo
import RFServerCore
import ServiceLifecycle
import UnixSignals

/// The options of rfserver, and what they start.
@main
struct RFServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rfserver",
        abstract: "Maps the ports of VMs to those of OpenFlow switches, and the VMs' routes to flows.",
        discussion: """
            rfserver talks to the rfclients and the rfproxies through MongoDB, which also keeps its table of ports. \
            It may be stopped and started at any time: the switches keep forwarding, and nothing is sent to them \
            twice. With --ovs-bridge it creates the Open vSwitch bridge that the VMs hang on, and keeps it right.
            """,
        version: routeFlowVersion)

    @OptionGroup var mongo: MongoOptions
    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp(
            "A mapping file: CSV with the header vm_id,vm_port,ct_id,dp_id,dp_port.", valueName: "file"))
    var config: String?

    @Flag(
        help: "Leaves ports idle that the mapping file does not name, instead of pairing them as they arrive."
    )
    var strict = false

    @Option(
        help: ArgumentHelp(
            "A VM that is silent for longer loses its routes and ports.", valueName: "seconds"))
    var vmTimeout: Int = 30

    @Option(help: ArgumentHelp("The Open vSwitch bridge to create and keep for the VMs.", valueName: "name"))
    var ovsBridge: String?

    @Option(
        help: ArgumentHelp(
            "The interfaces of this machine to attach to that bridge, such as 'rfvm*.*'.",
            valueName: "pattern"))
    var ovsPorts: String?

    @Option(
        help: ArgumentHelp(
            """
            An rfproxy for that bridge, tcp:host:port or ssl:host:port; may be repeated. (default: tcp:127.0.0.1:6633)
            """,
            valueName: "target"))
    var ovsController: [String] = []

    @Option(help: "The datapath of that bridge: netdev (userspace) or system (kernel module).")
    var ovsDatapath: String = "netdev"

    @Option(
        name: .customLong("ovs-datapath-id"),
        help: ArgumentHelp(
            "The datapath id of that bridge: 72667673 and eight hexadecimal digits, others on each host.",
            valueName: "id"))
    var ovsDatapathID: DatapathID = .defaultVirtualSwitch

    func validate() throws {
        if strict, config == nil {
            throw ValidationError("--strict without --config would leave every port idle")
        }
        guard vmTimeout >= 3 else { throw ValidationError("--vm-timeout has to be at least 3 seconds") }
        guard ["netdev", "system"].contains(ovsDatapath) else {
            throw ValidationError("--ovs-datapath is netdev or system, not \(ovsDatapath)")
        }
        guard ovsDatapathID.isVirtualSwitch else {
            throw ValidationError(
                "--ovs-datapath-id is 72667673 and eight more hexadecimal digits, not \(ovsDatapathID)")
        }
        if ovsBridge == nil, ovsPorts != nil || !ovsController.isEmpty {
            throw ValidationError("--ovs-ports and --ovs-controller need --ovs-bridge")
        }
    }

    func run() async throws {
        let logger = common.logger("rfserver")
        let service = ServerService(
            ipc: try MongoIPC(uri: mongo.resolved(), logger: logger),
            mapping: try mappingFile(),
            isStrict: strict,
            settings: ServerSettings(vmTimeout: .seconds(vmTimeout)),
            virtualSwitch: virtualSwitch,
            recorder: try common.record.map { try Recorder(path: $0) },
            logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        try await group.run()
    }

    private func mappingFile() throws -> MappingFile {
        guard let config else { return MappingFile() }
        let text: String
        do {
            text = try String(contentsOfFile: config, encoding: .utf8)
        } catch {
            throw ServerError.mappingFileUnreadable(path: config, reason: "is there such a file, in UTF-8?")
        }
        return try MappingFile(text: text, name: config)
    }

    private var virtualSwitch: VirtualSwitchKeeper? {
        ovsBridge.map {
            VirtualSwitchKeeper(
                VirtualSwitchSettings(
                    bridge: $0, datapathID: ovsDatapathID,
                    datapathType: ovsDatapath,
                    controllers: ovsController.isEmpty ? ["tcp:127.0.0.1:6633"] : ovsController,
                    portPattern: ovsPorts))
        }
    }
}

extension DatapathID: ExpressibleByArgument {}
