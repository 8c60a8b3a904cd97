import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

/// What rfclient says of the way to an address.
@Suite struct InquiryTests {
    private func report(_ rig: inout Rig, _ destination: String) throws -> ClientReport {
        let inquiry = Inquiry(id: 4, destination: IPv4Address(destination))
        let envelope = Envelope(
            from: .rfctl(1), to: .rfclient(Rig.vmID), epoch: 0, toEpoch: 0, stream: 0, seq: 0, kind: .inquiry,
            content: [.inquiry(inquiry)])
        let effects = rig.core.handle(.ipc(.received([envelope])), at: rig.now)
        let sent = effects.compactMap { effect -> Report? in
            guard case .send(let envelopes) = effect,
                case .report(let report) = envelopes.first?.content.first,
                envelopes.first?.to == .rfctl(1)
            else { return nil }
            return report
        }
        return try #require(sent.first).decoded()
    }

    @Test func aRouteIsToldWithItsNextHopsAndTheirStates() throws {
        var rig = Rig.router()
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.11", dev: 3))
        rig.settle()
        let unresolved = try report(&rig, "10.1.2.3")
        #expect(unresolved.route?.prefix == IPPrefix("10.0.0.0/8"))
        #expect(unresolved.route?.nextHops.first?.interface == "eth1")
        #expect(unresolved.route?.nextHops.first?.linkAddress == nil)
        #expect(unresolved.word?.forwarding.kind == .punt)

        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_0011)
        rig.settle()
        let resolved = try report(&rig, "10.1.2.3")
        #expect(resolved.route?.nextHops.first?.linkAddress == 0x0200_0000_0011)
        #expect(resolved.word?.forwarding == Forwarding(.route, port: 1, destination: 0x0200_0000_0011))
    }

    @Test func aHostIsToldAsTheNeighbourThatItIs() throws {
        var rig = Rig.router()
        rig.kernel.learn("172.31.2.22", on: 4, at: 0x0200_0000_0022)
        rig.settle()
        let report = try report(&rig, "172.31.2.22")
        #expect(report.route?.prefix == IPPrefix("172.31.2.0/24"))
        #expect(report.neighbour?.linkAddress == 0x0200_0000_0022)
        #expect(report.word?.prefix == IPPrefix("172.31.2.22/32"))
        #expect(report.word?.forwarding.kind == .host)
    }

    @Test func noRouteIsToldSo() throws {
        var rig = Rig.router()
        let report = try report(&rig, "203.0.113.1")
        #expect(report.route == nil && report.word == nil && report.neighbour == nil)
        #expect(report.ports.map(\.name) == ["eth1", "eth2", "eth3"])
    }

    @Test func theManagementNetworkIsARouteOfWhichNothingIsSaid() throws {
        var rig = Rig.router()
        let report = try report(&rig, "10.0.3.9")
        #expect(report.route?.nextHops.first?.interface == "eth0")
        #expect(report.word == nil)
    }

    @Test func theKernelsChoiceOfSeveralMetricsIsTold() throws {
        var rig = Rig.router()
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.11", dev: 3, metric: 20))
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4, metric: 10))
        rig.settle()
        #expect(try report(&rig, "10.1.2.3").route?.metric == 10)
    }
}
