import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// Where packets go once rfserver has said some flows.
@Suite struct FlowTests {
    private static func bench(
        _ messages: [RFMessage], isOpenVSwitch: Bool = true, settings: ProxySettings = ProxySettings()
    ) throws -> (Bench, SessionID) {
        var bench = Bench(settings)
        for message in messages + [Bench.complete] { try bench.say(message) }
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 3, isOpenVSwitch: isOpenVSwitch))
        return (bench, id)
    }

    /// The only port that a packet leaves by, and what it looks like then.
    private static func out(_ fates: [FakeSwitch.Fate]) -> (port: UInt16, packet: FakePacket)? {
        guard fates.count == 1, case .out(let port, let packet) = fates[0] else { return nil }
        return (port, packet)
    }

    private static func reason(_ fates: [FakeSwitch.Fate]) -> OpenFlow10.PacketInReason? {
        guard fates.count == 1, case .controller(let packet) = fates[0] else { return nil }
        return packet.reason
    }

    @Test func aRoutedPacketLeavesWithTheNextHopsAddressAndOneHopLess() throws {
        var (bench, id) = try Self.bench([Bench.flow("10.0.0.0/8", port: 2)])
        let fates = bench.switches[id]?.send(Bench.packet("10.1.2.3", ttl: 64), inPort: 1) ?? []
        let out = try #require(Self.out(fates))
        #expect(out.port == 2)
        #expect(out.packet.ttl == 63)
        #expect(out.packet.source == Bench.router && out.packet.destination == Bench.host)
    }

    @Test(arguments: [true, false]) func aPacketCanLeaveByThePortThatItCameInBy(isOpenVSwitch: Bool) throws {
        var (bench, id) = try Self.bench([Bench.flow("10.0.0.0/8", port: 2)], isOpenVSwitch: isOpenVSwitch)
        let fates = bench.switches[id]?.send(Bench.packet("10.1.2.3"), inPort: 2) ?? []
        #expect(try #require(Self.out(fates)).port == 2)
    }

    @Test func aPacketWhoseTTLEndsGoesToTheVMAsItIs() throws {
        var (bench, id) = try Self.bench([Bench.flow("10.0.0.0/8")])
        let packet = Bench.packet("10.1.2.3", ttl: 1)
        let fates = bench.switches[id]?.send(packet, inPort: 1) ?? []
        guard case .controller(let packetIn) = fates.first else { throw Unexpected(fates) }
        #expect(packetIn.reason == .invalidTTL)
        #expect(Array(packetIn.data.readableBytesView) == packet.bytes)
    }

    /// Trap 14: routes outranked the control flows, so that a ping to the router followed a learned 10/8.
    @Test func anOwnAddressBeatsALearnedRoute() throws {
        var (bench, id) = try Self.bench([
            Bench.flow("10.0.0.0/8"), Bench.flow("10.0.0.1/32", .local), Bench.flow("10.0.0.2/32", .host),
        ])
        #expect(Self.reason(bench.switches[id]?.send(Bench.packet("10.0.0.1"), inPort: 1) ?? []) == .action)
        #expect(Self.out(bench.switches[id]?.send(Bench.packet("10.0.0.2"), inPort: 1) ?? []) != nil)
    }

    @Test func theLongestPrefixWins() throws {
        var (bench, id) = try Self.bench([
            Bench.flow("0.0.0.0/0", port: 1), Bench.flow("10.0.0.0/8", port: 2),
            Bench.flow("10.1.0.0/16", .blackhole), Bench.flow("10.1.1.0/24", .punt),
            Bench.flow("10.1.1.1/32", .host, port: 3),
        ])
        func fates(_ address: String) -> [FakeSwitch.Fate] {
            bench.switches[id]?.send(Bench.packet(address), inPort: 9) ?? []
        }
        #expect(Self.out(fates("8.8.8.8"))?.port == 1)
        #expect(Self.out(fates("10.2.0.1"))?.port == 2)
        #expect(fates("10.1.0.1").isEmpty)
        #expect(Self.reason(fates("10.1.1.2")) == .action)
        #expect(Self.out(fates("10.1.1.1"))?.port == 3)
    }

    /// Trap 8: a withdrawn route turned into a black hole that hid a less specific one.
    @Test func aWithdrawnRouteUncoversTheLessSpecificOne() throws {
        var (bench, id) = try Self.bench([
            Bench.flow("10.0.0.0/8", port: 2), Bench.flow("10.1.0.0/16", port: 3),
        ])
        try bench.withdraw(Bench.key("10.1.0.0/16"))
        #expect(Self.out(bench.switches[id]?.send(Bench.packet("10.1.0.1"), inPort: 1) ?? [])?.port == 2)
    }

    @Test func aPacketWithAVLANTagOrForAnotherStationIsNotRouted() throws {
        var (bench, id) = try Self.bench([Bench.flow("0.0.0.0/0")])
        var tagged = Bench.packet("10.1.2.3")
        tagged.vlan = 5
        #expect(Self.reason(bench.switches[id]?.send(tagged, inPort: 1) ?? []) == .noMatch)
        var foreign = Bench.packet("10.1.2.3")
        foreign.destination = Bench.host
        #expect(Self.reason(bench.switches[id]?.send(foreign, inPort: 1) ?? []) == .noMatch)
    }

    /// Trap 18: punted frames were cut to 128 or 1500 bytes.
    @Test func aPuntedFrameOf1514BytesComesWhole() throws {
        var (bench, id) = try Self.bench([Bench.flow("10.0.0.1/32", .local)])
        var packet = Bench.packet("10.0.0.1")
        packet.length = 1514
        for address in ["10.0.0.1", "10.9.9.9"] {
            packet.to = try #require(IPv4Address(address))
            guard case .controller(let packetIn) = bench.switches[id]?.send(packet, inPort: 1).first else {
                throw Unexpected(address)
            }
            #expect(packetIn.data.readableBytes == 1514)
        }
    }

    /// Trap 15: BGP matched destination port 179 only.
    @Test func routingProtocolsReachTheController() throws {
        var (bench, id) = try Self.bench(
            Bench.defaults + [Bench.flow("0.0.0.0/0"), Bench.flow("10.0.0.1/32", .local)])
        var arp = Bench.packet("10.0.0.1")
        arp.etherType = .arp
        arp.destination = MACAddress(rawValue: 0xFFFF_FFFF_FFFF)
        var ospf = Bench.packet("224.0.0.5")
        ospf.ipProtocol = .ospf
        ospf.sourcePort = 0
        var rip = Bench.packet("224.0.0.9")
        rip.destinationPort = 520
        var bgp = Bench.packet("10.0.0.1")
        bgp.ipProtocol = .tcp
        bgp.sourcePort = 179
        for packet in [arp, ospf, rip, bgp] {
            #expect(Self.reason(bench.switches[id]?.send(packet, inPort: 1) ?? []) == .action)
        }
    }

    /// Whether the router is still there is answered where rfproxy's absence does not matter.
    @Test func aSwitchThatCanAnswersForTheRouterWhoeverAsksItAlone() throws {
        var (bench, id) = try Self.bench([Bench.flow("10.0.0.1/32", .local)])
        var arp = Bench.packet("10.0.0.1")
        arp.etherType = .arp
        guard case .out(port: 1, let answer) = bench.switches[id]?.send(arp, inPort: 1).first else {
            throw Unexpected("no answer")
        }
        #expect(answer.source == Bench.router)
        arp.to = try #require(IPv4Address("10.0.0.2"))
        #expect(Self.reason(bench.switches[id]?.send(arp, inPort: 1) ?? []) == .noMatch)

        var plain = Bench()
        try plain.say(Bench.flow("10.0.0.1/32", .local))
        let other = try plain.connect(FakeSwitch(Bench.datapath, ports: 2, isOpenVSwitch: false))
        #expect(try plain.has(other).flows.count == 1)
    }

    /// Trap 17: drop-all was built with an output to the controller.
    @Test func dropAllDropsAndAllSends() throws {
        let dropAll = RFMessage.datapathConfig(DatapathConfig(dpID: Bench.datapath, operation: .dropAll))
        var (bench, id) = try Self.bench([dropAll, Bench.flow("192.0.2.0/24")])
        #expect(bench.switches[id]?.send(Bench.packet("10.0.0.1"), inPort: 1) == [])
        try bench.say(.datapathConfig(DatapathConfig(dpID: Bench.datapath, operation: .all)))
        #expect(Self.reason(bench.switches[id]?.send(Bench.packet("10.0.0.1"), inPort: 1) ?? []) == .action)
    }

    @Test func clearingIsNoFlow() throws {
        let clear = RFMessage.datapathConfig(DatapathConfig(dpID: Bench.datapath, operation: .clearFlowTable))
        let (bench, id) = try Self.bench([Bench.flow("10.0.0.0/8"), clear])
        #expect(try bench.has(id).flows.count == 1)
    }

    @Test func aKindThatChangesReplacesItsFlow() throws {
        var (bench, id) = try Self.bench([Bench.flow("10.0.0.1/32", .host)])
        try bench.say(Bench.flow("10.0.0.1/32", .local))
        #expect(try bench.has(id).flows.count == 2, "the address, and the answer to ARP for it")
        #expect(Self.reason(bench.switches[id]?.send(Bench.packet("10.0.0.1"), inPort: 1) ?? []) == .action)
        try bench.say(Bench.flow("10.0.0.1/32", .host))
        #expect(try bench.has(id).flows.count == 1)
        #expect(Self.out(bench.switches[id]?.send(Bench.packet("10.0.0.1"), inPort: 1) ?? []) != nil)
    }

    @Test func anAddressOfTwoRoutersStaysWhileOneHasIt() throws {
        let other = MACAddress(rawValue: 0x0200_0000_0099)
        var (bench, id) = try Self.bench([
            Bench.flow("10.0.0.1/32", .local), Bench.flow("10.0.0.1/32", .local, source: other),
        ])
        try bench.withdraw(Bench.key("10.0.0.1/32"))
        #expect(try bench.has(id).flows.count == 2)
        let prefix = try #require(IPPrefix("10.0.0.1/32"))
        try bench.withdraw(.flow(Bench.datapath, other, prefix))
        #expect(try bench.has(id).flows.isEmpty)
    }

    @Test func withoutTTLDecrementTheSwitchKeepsTheTTL() throws {
        var settings = ProxySettings()
        settings.decrementTTL = .off
        var (bench, id) = try Self.bench([Bench.flow("10.0.0.0/8")], settings: settings)
        let out = Self.out(bench.switches[id]?.send(Bench.packet("10.1.2.3", ttl: 64), inPort: 1) ?? [])
        #expect(out?.packet.ttl == 64)
    }

    @Test func anIPv6FlowIsIgnoredAndSaid() throws {
        let (bench, id) = try Self.bench([Bench.flow("2001:db8::/32"), Bench.flow("10.0.0.0/8", port: 0)])
        #expect(try bench.has(id).flows.isEmpty)
        #expect(bench.log.contains { $0.message.contains("OpenFlow 1.0 cannot express") })
        #expect(bench.log.contains { $0.message.contains("makes no sense") })
    }
}

/// What a test did not expect.
struct Unexpected: Error {
    let what: String

    init(_ what: Any) { self.what = "\(what)" }
}
