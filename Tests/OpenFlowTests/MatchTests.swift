import NIOCore
import NetTypes
import Testing

@testable import OpenFlow

@Suite("Matches")
struct MatchTests {
    @Test("Each field alone survives the wire", arguments: single)
    func singleFields(_ match: OpenFlow10.Match) throws {
        #expect(try roundTrip(match) == match)
        #expect(match != .any)
    }

    private static let single: [OpenFlow10.Match] = [
        .init(inPort: .max), .init(inPort: 0), .init(dlSrc: MACAddress(rawValue: 0x0102_0304_0506)),
        .init(dlDst: .broadcast), .init(dlDst: .zero), .init(dlVLAN: 0),
        .init(dlVLAN: OpenFlow10.Match.untagged),
        .init(dlVLANPCP: 0), .init(dlVLANPCP: 7), .init(dlType: .init(rawValue: 0x05FF)), .init(nwTOS: 0),
        .init(nwTOS: 0xFC), .init(nwProto: .ospf), .init(nwSrc: .init(host: IPv4Address(rawValue: 0))),
        .init(nwDst: .init(host: IPv4Address(rawValue: .max))), .init(tpSrc: 0), .init(tpDst: .max),
    ]

    @Test("Each prefix length from 1 to 32 survives the wire with its host bits cleared", arguments: 1...32)
    func prefixLengths(length: Int) throws {
        let address = IPv4Address(rawValue: 0xFFFF_FFFF)
        let prefix = try #require(OpenFlow10.IPv4Prefix(address, length: length))
        #expect(prefix.address.rawValue == UInt32.max << (32 - length))
        for match in [OpenFlow10.Match(nwSrc: prefix), OpenFlow10.Match(nwDst: prefix)] {
            #expect(try roundTrip(match) == match)
        }
        #expect(OpenFlow10.Match(nwSrc: prefix).nwSrc == prefix)
        #expect(OpenFlow10.Match(nwDst: prefix).nwDst == prefix)
    }

    @Test("A prefix of length 0 is the same as none")
    func defaultRoute() throws {
        let prefix = try #require(OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0x0A00_0001), length: 0))
        #expect(OpenFlow10.Match(nwSrc: prefix, nwDst: prefix) == .any)
        #expect(OpenFlow10.Match(nwDst: prefix).nwDst == nil)
    }

    @Test("A prefix that no IPv4 match can hold is nil")
    func impossiblePrefixes() throws {
        #expect(OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0), length: 33) == nil)
        #expect(OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0), length: -1) == nil)
        #expect(OpenFlow10.IPv4Prefix(try #require(IPPrefix("2001:db8::/32"))) == nil)
        #expect(OpenFlow10.IPv4Prefix(try #require(IPPrefix("10.1.0.0/13")))?.description == "10.0.0.0/13")
    }

    @Test("A network of which 32 or more bits are wild is any network", arguments: UInt32(32)...63)
    func wildcardCounts(bits: UInt32) throws {
        var bytes = ByteBuffer()
        bytes.writeInteger(0x0030_00FF | bits << 8 | bits << 14)
        bytes.writeBytes(ByteBuffer(hex: "0*24 0a000001 0a000002 0*4").bytes)
        #expect(try decode(bytes) == .any)
    }

    @Test("Fields under wildcards and host bits do not count, nor do unknown wildcards")
    func canonical() throws {
        let filled = ByteBuffer(
            hex: """
                fff220ef 0001 020000000001 020000000002 000a 03 ff 0800 b8 06 ffff
                0a010203 0a090807 0001 0002
                """)
        let prefix = OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0x0A09_0800), length: 24)
        #expect(try decode(filled) == OpenFlow10.Match(dlType: .ipv4, nwDst: prefix))
    }

    @Test("Clearing a field gives the match without it")
    func clearing() {
        var match = Fixture.eachField
        match.inPort = nil
        match.dlSrc = nil
        match.dlDst = nil
        match.dlVLAN = nil
        match.dlVLANPCP = nil
        match.dlType = nil
        match.nwTOS = nil
        match.nwProto = nil
        match.nwSrc = nil
        match.nwDst = nil
        match.tpSrc = nil
        match.tpDst = nil
        #expect(match == .any)
        #expect(match.wildcards == 0x0038_20FF)
    }

    @Test("Bits of a priority or type of service that do not count are dropped")
    func shortFields() {
        #expect(OpenFlow10.Match(dlVLANPCP: 0xFF).dlVLANPCP == 7)
        #expect(OpenFlow10.Match(nwTOS: 0xFF).nwTOS == 0xFC)
    }

    @Test("Untagged packets have no priority, though Open vSwitch returns one")
    func untagged() {
        let untagged = OpenFlow10.Match.untagged
        #expect(OpenFlow10.Match(dlVLAN: untagged, dlVLANPCP: 0) == OpenFlow10.Match(dlVLAN: untagged))
        var match = OpenFlow10.Match(dlVLAN: 10, dlVLANPCP: 3)
        match.dlVLAN = untagged
        #expect(match.dlVLANPCP == nil)
    }

    private func roundTrip(_ match: OpenFlow10.Match) throws -> OpenFlow10.Match {
        var bytes = ByteBuffer()
        match.write(to: &bytes)
        return try decode(bytes)
    }

    private func decode(_ bytes: ByteBuffer) throws -> OpenFlow10.Match {
        #expect(bytes.readableBytes == 40)
        var reader = WireReader(bytes, offset: 0)
        let match = try OpenFlow10.Match(from: &reader)
        try reader.end()
        return match
    }
}
