import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// A real Open vSwitch that lists two rfproxies, and a real rfserver that decides between them.
@Suite(.enabled(if: PrivateOpenVSwitch.isInstalled), .serialized, .timeLimit(.minutes(5)))
struct TwoProxiesTests {
    private static func settings(_ ctID: Int32) -> ProxySettings {
        var settings = ProxySettings()
        settings.ctID = ctID
        settings.auditInterval = .seconds(1)
        return settings
    }

    private static func route(_ prefix: String, _ forwarding: Forwarding?) -> RFMessage {
        .routeInfo(
            RouteInfo(
                vmID: Bench.vm, prefix: IPPrefix(prefix) ?? .ipv4Default, source: Bench.router,
                forwarding: forwarding))
    }

    private static let way = Forwarding(.route, port: 2, destination: Bench.host)

    @Test func aSwitchAndItsPacketsMoveToTheOtherRFProxyAndNoFlowIsTouched() async throws {
        let ovs = try await PrivateOpenVSwitch()
        defer { ovs.stop() }
        let database = InMemoryDatabase()
        var server = RunningServer(database)
        let first = try await RunningProxy(database, settings: Self.settings(0))
        let second = try await RunningProxy(database, settings: Self.settings(1))
        let ports = [first.port, second.port]
        let vm = VMEnd(database, Bench.vm, ports: 1...2)
        for prefix in ["0.0.0.0/0", "10.0.0.0/8", "11.0.0.0/8"] { vm.say(Self.route(prefix, Self.way)) }
        vm.say(Self.route("172.31.1.1/32", Forwarding(.local)))
        try ovs.addBridge("br0", Bench.datapath, ports: ["p1", "p2"], controllerPorts: ports)
        try ovs.addBridge("rfvs", Bench.virtualSwitch, ports: ["v1", "v2"], controllerPorts: ports)
        // Three protocols, three routes, an address and the answer to who asks for it.
        try await eventually("eight flows") {
            vm.tick()
            return try ovs.flows("br0").count == 8
        }
        try await eventually("the VM's ports are mapped") {
            vm.tick()
            guard vm.token != 0 else { return false }
            for port in [1, 2] as [UInt8] {
                let claim = MappingFrame(source: Bench.router, vmID: Bench.vm, vmPort: port, token: vm.token)
                try ovs.receive(claim.bytes, port: "v\(port)")
            }
            return try await passes(ovs, vm, number: 1)
        }
        let mods = try ovs.flowModCount()
        #expect(mods == 8)

        // There is no telling which of the two was first. Each is stopped once, and comes back as a spare.
        try await first.stop()
        try await eventually("packets pass by the second") { try await passes(ovs, vm, number: 2) }
        #expect(try ovs.flowModCount() == mods)
        // At another port: a program that another test starts may have inherited the socket that listened at this one.
        let third = try await RunningProxy(database, settings: Self.settings(0))
        for bridge in ["br0", "rfvs"] {
            try ovs.setControllers(bridge, ports: [third.port, second.port])
        }
        try await Task.sleep(for: .seconds(2))
        try await second.stop()
        try await eventually("packets pass by the first again") { try await passes(ovs, vm, number: 3) }
        #expect(try ovs.flowModCount() == mods)
        #expect(try ovs.flows("br0").count == 8)

        // rfserver starts again, and the audits look at the table meanwhile.
        try await server.stop()
        server = RunningServer(database)
        try await Task.sleep(for: .seconds(3))
        vm.tick()
        #expect(try ovs.flowModCount() == mods)
        vm.say(Self.route("12.0.0.0/8", Self.way))
        try await eventually("one more flow") {
            vm.tick()
            return try ovs.flows("br0").count == 9
        }
        #expect(try ovs.flowModCount() == mods + 1)
        #expect(try await passes(ovs, vm, number: 4))
        try await third.stop()
        try await server.stop()
    }

    /// True if a packet to the router comes to its VM, once, and one of the VM's comes out.
    private func passes(_ ovs: PrivateOpenVSwitch, _ vm: VMEnd, number: UInt16) async throws -> Bool {
        vm.tick()
        var ping = Bench.packet("172.31.1.1")
        (ping.sourcePort, ping.destinationPort) = (number, UInt16.random(in: 1...UInt16.max))
        var reply = Bench.packet("172.31.1.2")
        (reply.source, reply.destination) = (Bench.router, Bench.host)
        (reply.sourcePort, reply.destinationPort) = (number, ping.destinationPort)
        try ovs.receive(ping.bytes, port: "p1")
        try ovs.receive(reply.bytes, port: "v1")
        try await Task.sleep(for: .milliseconds(200))
        let there = try ovs.sent(port: "v1").count { $0 == ping.bytes }
        let back = try ovs.sent(port: "p1").count { $0 == reply.bytes }
        #expect(there <= 1 && back <= 1, "only one of them passes packets")
        return there == 1 && back == 1
    }
}
