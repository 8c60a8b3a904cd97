import NetTypes
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// A whole rfproxy with a real Open vSwitch, over TLS.
@Suite(
    .enabled(if: PrivateOpenVSwitch.isInstalled && Certificates.canBeMade), .serialized,
    .timeLimit(.minutes(5)))
struct OpenVSwitchTLSTests {
    /// An id that no counter or length comes to by chance.
    private static let datapath = DatapathID(rawValue: 0x5EED_C0DE_0BAD_CAFE)
    private static let hello: [UInt8] = [1, 0, 0, 8]
    private static let words = [
        datapath.rawValue.bytes, DatapathID.defaultVirtualSwitch.rawValue.bytes, Bench.router.bytes,
    ]

    /// A switch and a virtual switch connect over the wire that somebody taps; a packet passes between them.
    private func run(over: String, _ proxy: RunningProxy, _ server: ServerEnd, _ certificates: Certificates)
        async throws -> Relay
    {
        let ovs = try await PrivateOpenVSwitch()
        defer { ovs.stop() }
        try ovs.show(certificates, "switch")
        let relay = try await Relay(to: over == "ssl" ? proxy.tlsPort : proxy.port)
        try ovs.addBridge(
            "br0", Self.datapath, ports: ["p1", "p2"], controllerPort: relay.port, over: over)
        try ovs.addBridge("rfvs", Bench.virtualSwitch, ports: ["v1"], controllerPort: relay.port, over: over)
        try await eventually("the flow, and both switches") {
            try ovs.flows("br0").contains { $0.contains("nw_dst=172.31.1.1 ") }
                && server.table[.datapath(Bench.virtualSwitch)] != nil
        }
        let ping = Bench.packet("172.31.1.1")
        try ovs.receive(ping.bytes, port: "p1")
        try await eventually("the packet is at the VM") { try ovs.sent(port: "v1").contains(ping.bytes) }
        #expect(relay.streams.count >= 4)
        return relay
    }

    private func say(to server: ServerEnd) {
        server.say([
            Bench.flow("172.31.1.1/32", .local, on: Self.datapath),
            .portMap(PortMap(dpID: Self.datapath, dpPort: 1, vsID: Bench.virtualSwitch, vsPort: 1)),
            .tableComplete(TableComplete(dpID: Self.datapath)),
        ])
    }

    @Test func whoTapsTheWireSeesNoOpenFlow() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let database = InMemoryDatabase()
        let server = ServerEnd(database)
        say(to: server)
        let proxy = try await RunningProxy(database, tls: certificates.files)
        let plain = try await run(over: "tcp", proxy, server, certificates)
        for word in Self.words { #expect(plain.contains(word), "the tap does not see \(word)") }
        #expect(plain.streams.allSatisfy { $0.starts(with: Self.hello) })
        try await plain.stop()
        try await eventually("both have left") { server.table[.datapath(Self.datapath)] == nil }

        let tapped = try await run(over: "ssl", proxy, server, certificates)
        for word in Self.words { #expect(!tapped.contains(word), "\(word) is in clear") }
        #expect(!tapped.contains(Self.hello))
        try await tapped.stop()
        try await proxy.stop()
    }

    /// The virtual switch's role goes to whoever has a certificate, whatever the address.
    @Test func aVirtualSwitchOverTLSNeedsNoAddress() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let ovs = try await PrivateOpenVSwitch()
        defer { ovs.stop() }
        try ovs.show(certificates, "switch")
        let database = InMemoryDatabase()
        let server = ServerEnd(database)
        var settings = ProxySettings()
        settings.virtualSwitchesFrom = [try #require(IPPrefix("192.0.2.0/24"))]
        let log = LogLines()
        let proxy = try await RunningProxy(database, settings: settings, tls: certificates.files, log: log)
        let other = DatapathID(rawValue: 0x7266_7673_0000_0001)
        try ovs.addBridge("plain", other, ports: [], controllerPort: proxy.port)
        try await log.line(containing: "claims to be a virtual switch from where none may be")
        try ovs.addBridge(
            "secure", Bench.virtualSwitch, ports: [], controllerPort: proxy.tlsPort, over: "ssl")
        try await eventually("it is announced") { server.table[.datapath(Bench.virtualSwitch)] != nil }
        #expect(server.table[.datapath(other)] == nil)
        try await proxy.stop()
    }

    @Test func aSwitchOfAnotherAuthorityIsRefused() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let ovs = try await PrivateOpenVSwitch()
        defer { ovs.stop() }
        try ovs.show(certificates, "stranger")
        let database = InMemoryDatabase()
        let server = ServerEnd(database)
        let log = LogLines()
        let proxy = try await RunningProxy(database, tls: certificates.files, log: log)
        try ovs.addBridge("br0", Self.datapath, ports: [], controllerPort: proxy.tlsPort, over: "ssl")
        try await log.line(containing: "its certificate does not stand up to --tls-ca")
        #expect(server.table[.datapath(Self.datapath)] == nil)
        // With the right one it comes by itself.
        try ovs.show(certificates, "switch")
        try await eventually("it is announced") { server.table[.datapath(Self.datapath)] != nil }
        try await proxy.stop()
    }

    /// What Open vSwitch says of an authority that it does not know has to be understood here as well.
    @Test func aSwitchThatDoesNotBelieveUsIsTold() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let ovs = try await PrivateOpenVSwitch()
        defer { ovs.stop() }
        try ovs.show(certificates, "switch", authority: "other")
        let log = LogLines()
        let proxy = try await RunningProxy(InMemoryDatabase(), tls: certificates.files, log: log)
        try ovs.addBridge("br0", Self.datapath, ports: [], controllerPort: proxy.tlsPort, over: "ssl")
        try await log.line(containing: "refused a connection over TLS: it does not accept the certificate of")
        try await proxy.stop()
    }
}

extension UInt64 {
    fileprivate var bytes: [UInt8] { (0..<8).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}
