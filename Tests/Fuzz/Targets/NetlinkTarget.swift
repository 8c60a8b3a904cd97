import CMnl
import Foundation
import NetTypes

@testable import Netlink

extension FuzzTarget {
    /// A datagram that claims to be the kernel's: each message in it is an event, nothing, or counted as malformed, whatever
    /// stands beside it.
    static let netlink = FuzzTarget(name: "netlink", longest: 2048) { input in
        try checkDatagram(Array(input))
        // Most random changes would spoil the length of the first message.
        var whole = Array(input)
        guard whole.count >= 16 else { return }
        withUnsafeBytes(of: UInt32(whole.count)) { whole.replaceSubrange(0..<4, with: $0) }
        try checkDatagram(whole)
    }
}

private func checkDatagram(_ bytes: [UInt8]) throws {
    let parsers = [EventParser(families: [.ipv4, .ipv6], table: nil), EventParser()]
    for parser in parsers {
        let (events, malformed) = parse(bytes, parser)
        try expect(events.count + malformed <= bytes.count / 16 + 1, "more events than messages")
        try checkMessages(bytes, parser, events, malformed)
        for event in events { try checkEvent(event) }
    }
    let (all, _) = parse(bytes, parsers[0])
    let (some, _) = parse(bytes, parsers[1])
    try expect(some.count <= all.count, "fewer families, more events")
    try checkDump(bytes, parsers[0])
}

private func parse(_ bytes: [UInt8], _ parser: EventParser) -> (events: [NetlinkEvent], malformed: Int) {
    var events: [NetlinkEvent] = []
    let malformed = bytes.withUnsafeBytes { parser.parse($0, into: &events) }
    return (events, malformed)
}

/// The messages of a datagram, each in one of its own, say the same.
private func checkMessages(
    _ bytes: [UInt8], _ parser: EventParser, _ events: [NetlinkEvent], _ malformed: Int
) throws {
    var single: [NetlinkEvent] = []
    var bad = 0
    var rest = bytes[...]
    while rest.count >= 16 {
        let length = Int(rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        guard length >= 16, length <= rest.count else { break }
        let (own, ownBad) = parse(Array(rest.prefix(length)), parser)
        single += own
        bad += ownBad
        rest = rest.dropFirst((length + 3) & ~3)
    }
    try expect(single == events, "messages change each other: \(events), alone \(single)")
    try expect(bad + (rest.isEmpty ? 0 : 1) == malformed, "\(malformed) malformed, alone \(bad)")
}

/// What rfclient relies on without looking.
private func checkEvent(_ event: NetlinkEvent) throws {
    switch event {
    case .address(let address), .addressRemoved(let address):
        try expect(address.network != nil, "an address without a network: \(address)")
    case .route(let route, _), .routeRemoved(let route):
        let bits = route.prefix.address.bitWidth
        try expect(Int(route.prefix.length) <= bits, "a prefix of \(route.prefix.length) bits")
        try expect(route.nextHops.allSatisfy { $0.weight > 0 }, "a next hop without weight")
    case .nexthop(let object, _):
        guard case .group(let members) = object.target else { return }
        try expect(members.allSatisfy { $0.weight > 0 }, "a member without weight")
    default: return
    }
}

/// The same bytes as an answer to a request.
private func checkDump(_ bytes: [UInt8], _ parser: EventParser) throws {
    try bytes.withUnsafeBytes { datagram in
        var messages = WireMessages(datagram)
        guard let first = messages.next() else { return }
        let part = DumpPart(datagram, sequence: first.sequence, parser: parser)
        let other = DumpPart(datagram, sequence: first.sequence ^ 0xFFFF_FFFF, parser: parser)
        try expect(part.entries.count + part.malformed <= bytes.count / 16 + 1, "more entries than messages")
        if messages.next() == nil {
            try expect(other.entries.isEmpty && other.end == nil, "another request's answer is taken")
        }
        if case .error(let answer) = part.end { _ = answer.explained("a dump").description }
    }
}
