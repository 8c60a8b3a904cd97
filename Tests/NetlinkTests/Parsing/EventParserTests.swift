import NetTypes
import Testing

@testable import Netlink

/// The events of a datagram, and the number of malformed messages in it.
func parse(_ datagram: [UInt8], _ parser: EventParser = EventParser()) -> (
    events: [NetlinkEvent], malformed: Int
) {
    var events: [NetlinkEvent] = []
    let malformed = datagram.withUnsafeBytes { parser.parse($0, into: &events) }
    return (events, malformed)
}

/// The only event of a message.
private func event(
    _ message: [UInt8], _ parser: EventParser = EventParser(families: [.ipv4, .ipv6], table: nil)
) throws -> NetlinkEvent {
    let (events, malformed) = parse(message, parser)
    #expect(malformed == 0)
    try #require(events.count == 1)
    return events[0]
}

private func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }
private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

@Suite struct EventParserTests {
    @Test func `A link is read with its name, address, carrier and kind`() throws {
        guard case .link(let link) = try event(Fixture.linkUp) else { return #expect(Bool(false)) }
        #expect(link.index == 3)
        #expect(link.name == "left")
        #expect(link.address == MACAddress("02:00:00:00:00:01"))
        #expect(link.isUp && link.hasCarrier && !link.isLoopback)
        #expect(link.operationalState == .up)
        #expect(link.mtu == 1500)
        #expect(link.master == nil)
        #expect(link.kind == "veth")
    }

    @Test func `A link whose far end is down is up without carrier`() throws {
        guard case .link(let link) = try event(Fixture.linkWithoutCarrier) else {
            return #expect(Bool(false))
        }
        #expect(link.isUp && !link.hasCarrier)
        #expect(link.operationalState == .lowerLayerDown)
    }

    @Test func `A link's removal is read, but an interface that leaves a bridge is not removed`() throws {
        #expect(try event(Fixture.linkRemoved) == .linkRemoved(index: 3))
        #expect(parse(Fixture.bridgePortRemoved).events == [])
        #expect(parse(Fixture.bridgePort).events == [])
    }

    @Test func `Addresses are read, with the far end of a point-to-point link`() throws {
        let ours = InterfaceAddress(
            linkIndex: 3, address: try address("10.0.0.1"), prefixLength: 24, flags: .permanent)
        #expect(try event(Fixture.address) == .address(ours))
        #expect(try event(Fixture.addressRemoved) == .addressRemoved(ours))
        #expect(ours.network == IPPrefix("10.0.0.0/24"))
        let paired = InterfaceAddress(
            linkIndex: 3, address: try address("10.0.5.1"), prefixLength: 32, peer: try address("10.0.5.2"),
            flags: .permanent)
        #expect(try event(Fixture.addressWithPeer) == .address(paired))
        #expect(paired.network == IPPrefix("10.0.5.2/32"))
    }

    @Test func `Trap 3: a default route without destination attribute has length 0`() throws {
        let route = Route(
            prefix: .ipv4Default, origin: .boot,
            nextHops: [NextHop(linkIndex: 3, gateway: try address("10.0.0.2"))])
        #expect(try event(Fixture.routeDefault) == .route(route, change: [.create, .exclusive]))
    }

    @Test func `Trap 3: a destination that is missing where the length is not 0 is malformed`() {
        var message = Fixture.routeDefault
        message[17] = 24
        #expect(parse(message).malformed == 1)
        #expect(parse(message).events == [])
    }

    @Test func `Trap 4: IPv6 messages are not read as IPv4, and only when asked for`() throws {
        for message in [Fixture.addressV6, Fixture.routeV6] {
            #expect(parse(message).events == [])
            #expect(parse(message).malformed == 0)
        }
        let route = Route(
            prefix: try prefix("2001:db8:1::/48"), priority: 1024, origin: .boot,
            nextHops: [NextHop(linkIndex: 3, gateway: try address("2001:db8::2"))])
        #expect(try event(Fixture.routeV6) == .route(route, change: [.create, .exclusive]))
        guard case .address(let own) = try event(Fixture.addressV6) else { return #expect(Bool(false)) }
        #expect(own.address == IPAddress("2001:db8::1") && own.prefixLength == 64)
    }

    @Test func `Routes of other tables are passed over, and numbers beyond 255 are read`() throws {
        #expect(parse(Fixture.routeInTable1000).events == [])
        #expect(parse(Fixture.routeLocal).events == [])
        guard case .route(let route, _) = try event(Fixture.routeInTable1000) else {
            return #expect(Bool(false))
        }
        #expect(route.table.rawValue == 1000)
        #expect(route.priority == 5)
        #expect(route.prefix == IPPrefix("192.0.2.128/25"))
        guard case .route(let own, _) = try event(Fixture.routeLocal) else { return #expect(Bool(false)) }
        #expect(own.table == .local && own.type == .local && own.prefix == IPPrefix("10.0.0.1/32"))
    }

    @Test func `A connected route is on the link`() throws {
        let route = Route(
            prefix: try prefix("10.0.0.0/24"), origin: .kernel, scope: .link,
            nextHops: [NextHop(linkIndex: 3)])
        #expect(try event(Fixture.routeConnected) == .route(route, change: [.create, .exclusive]))
    }

    @Test func `The legs of a multipath route are read with weights and IPv6 gateways`() throws {
        guard case .route(let route, _) = try event(Fixture.routeMultipath) else {
            return #expect(Bool(false))
        }
        #expect(
            route.nextHops == [
                NextHop(linkIndex: 3, gateway: try address("10.0.0.2"), weight: 2),
                NextHop(linkIndex: 3, gateway: try address("fe80::2")),
            ])
        guard case .route(let viaV6, _) = try event(Fixture.routeViaV6) else { return #expect(Bool(false)) }
        #expect(viaV6.nextHops == [NextHop(linkIndex: 3, gateway: try address("fe80::9"))])
    }

    @Test func `Trap 7: replacing and appending are told apart from adding`() throws {
        guard case .route(_, let replaced) = try event(Fixture.routeReplaced),
            case .route(_, let appended) = try event(Fixture.routeAppended)
        else { return #expect(Bool(false)) }
        #expect(replaced == .replace)
        #expect(appended == [.create, .append])
    }

    @Test func `A blackhole has no next hop`() throws {
        let route = Route(prefix: try prefix("198.51.100.0/24"), type: .blackhole, origin: .boot)
        #expect(try event(Fixture.routeBlackhole) == .route(route, change: [.create, .exclusive]))
        #expect(try event(Fixture.routeBlackholeRemoved) == .routeRemoved(route))
    }

    @Test func `Nexthop objects are read: single, blackhole, group, and routes by them`() throws {
        func target(_ message: [UInt8]) throws -> NexthopObject.Target? {
            if case .nexthop(let object, _) = try event(message) { object.target } else { nil }
        }
        #expect(
            try target(Fixture.nexthop) == .nextHop(NextHop(linkIndex: 3, gateway: try address("10.0.0.7"))))
        #expect(
            try target(Fixture.nexthopV6) == .nextHop(NextHop(linkIndex: 3, gateway: try address("fe80::7"))))
        #expect(try target(Fixture.nexthopBlackhole) == .blackhole)
        #expect(
            try target(Fixture.nexthopGroup)
                == .group([.init(id: 7, weight: 3), .init(id: 10, weight: 255)]))
        #expect(try event(Fixture.nexthopRemoved) == .nexthopRemoved(id: 9))
        guard case .route(let route, _) = try event(Fixture.routeByNexthop) else {
            return #expect(Bool(false))
        }
        #expect(route.nexthopID == 9)
        #expect(route.nextHops.map(\.gateway) == [IPAddress("10.0.0.7"), IPAddress("fe80::7")])
    }

    @Test func `Trap 10: a neighbour's state decides whether its address is valid`() throws {
        guard case .neighbour(let known) = try event(Fixture.neighbour),
            case .neighbour(let failed) = try event(Fixture.neighbourFailed),
            case .neighbourRemoved(let removed) = try event(Fixture.neighbourRemoved)
        else { return #expect(Bool(false)) }
        #expect(known.linkAddress == MACAddress("02:00:00:00:00:09"))
        #expect(known.isValid && known.state == .stale)
        #expect(!failed.isValid && failed.state == .failed && failed.linkAddress == nil)
        #expect(removed.address == known.address && removed.linkIndex == 3)
    }

    @Test func `The flags of a managed neighbour are read`() throws {
        guard case .neighbourRemoved(let managed) = try event(Fixture.neighbourManaged)
        else { return #expect(Bool(false)) }
        #expect(managed.isManaged)
        #expect(managed.flags == [.managed, .externallyLearned])
        #expect(managed.state == .incomplete && !managed.isValid)
    }

    @Test func `The entries of a bridge's forwarding table are no neighbours`() {
        #expect(parse(Fixture.neighbourOfBridge).events == [])
        #expect(parse(Fixture.neighbourOfBridge).malformed == 0)
    }

    @Test func `Several messages in one datagram are all read`() {
        let (events, malformed) = parse(Fixture.routeDefault + Fixture.routeBlackhole + Fixture.address)
        #expect(events.count == 3)
        #expect(malformed == 0)
    }
}
