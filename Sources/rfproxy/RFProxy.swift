public import ArgumentParser
import Logging
import NetTypes
import RFLib
import RFMongo
import RFProxyCore
import ServiceLifecycle
import UnixSignals

/// The options of rfproxy, and what they start.
@main
struct RFProxy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rfproxy",
        abstract:
            "The OpenFlow 1.0 controller that OpenFlow switches and the VMs' virtual switch connect to.",
        discussion: """
            rfproxy keeps the flow table of each switch as rfserver wants it, and passes packets between the ports of \
            the switches and those of the VMs. It may be stopped and started at any time: the switches keep \
            forwarding, and what is right in their tables is left alone.
            """,
        version: routeFlowVersion)

    @OptionGroup var mongo: MongoOptions
    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp(
            "The TCP address that switches connect to without TLS, or none.", valueName: "host:port"))
    var listen: PlainListening = .at(.standard)

    @OptionGroup var tls: TLSOptions

    @Option(
        name: .customLong("ct-id"),
        help: ArgumentHelp("The number of this rfproxy, if there are several.", valueName: "number"))
    var ctID: Int32 = 0

    @Option(
        name: .customLong("dec-ttl"),
        help: "Whether switches decrement the TTL: auto (those that are Open vSwitch), on or off.")
    var decrementTTL: ProxySettings.DecrementTTL = .auto

    @Option(
        name: .customLong("rfvs-from"), parsing: .singleValue,
        help: ArgumentHelp(
            """
            From where virtual switches may connect without TLS; may be repeated. (default: 127.0.0.0/8 and ::1)
            """,
            valueName: "network"))
    var virtualSwitchesFrom: [IPPrefix] = []

    @Flag(
        name: .customLong("shuttle-ipv6"),
        help: "Passes IPv6 packets between switches and VMs too; there are no flows for them.")
    var shuttlesIPv6 = false

    @Flag(
        inversion: .prefixedNo,
        help: """
            Bounds the packets that a switch port may send to its VM: 50 a second of ARP, 100 that no flow matches, \
            1000 to the router itself, 2000 of routing protocols; two seconds' or one second's worth at once.
            """)
    var police = true

    @Option(
        help: ArgumentHelp(
            """
            How often the flows of each switch are read again, and put right if somebody has changed them; 0: only when \
            the switch tells that one has gone.
            """,
            valueName: "seconds"))
    var audit = 60

    @Flag(
        name: .customLong("keep-foreign-flows"),
        help: "Leaves flows alone that somebody else has made, unless one of ours has to take the place.")
    var keepsForeignFlows = false

    func validate() throws {
        if listen == .none, tls.listen == nil {
            throw ValidationError(
                "--listen none leaves switches nowhere to connect: give --tls-listen as well")
        }
        guard audit >= 0 else { throw ValidationError("--audit must not be negative") }
        guard ctID >= 0 else { throw ValidationError("--ct-id must not be negative") }
    }

    func run() async throws {
        let logger = common.logger("rfproxy")
        var settings = ProxySettings()
        settings.ctID = ctID
        settings.decrementTTL = decrementTTL
        settings.shuttlesIPv6 = shuttlesIPv6
        settings.polices = police
        settings.auditInterval = audit == 0 ? nil : .seconds(audit)
        settings.keepsForeignFlows = keepsForeignFlows
        if !virtualSwitchesFrom.isEmpty { settings.virtualSwitchesFrom = virtualSwitchesFrom }
        let service = ProxyService(
            settings: settings, listen: ListenSettings(tcp: listen.address, tls: try tls.resolved()),
            ipc: try MongoIPC(uri: mongo.resolved(), logger: logger),
            recorder: try recorder(), logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        try await group.run()
    }

    private func recorder() throws -> Recorder<ProxyEvent>? {
        guard let path = common.record else { return nil }
        do {
            return try Recorder(path: path)
        } catch {
            throw ProxyError.cannotRecord(path: path)
        }
    }
}

extension ListenAddress: ExpressibleByArgument {}
extension IPPrefix: ExpressibleByArgument {}
extension ProxySettings.DecrementTTL: ExpressibleByArgument {}
