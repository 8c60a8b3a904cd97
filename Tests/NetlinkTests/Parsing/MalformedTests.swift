import NetTypes
import Testing

@testable import Netlink

/// Everything is read, so that each attribute is looked at.
private let everything = EventParser(families: [.ipv4, .ipv6], table: nil)

@Suite struct MalformedTests {
    @Test func `A message that is cut off anywhere gives no event, and is counted`() {
        for message in Fixture.all {
            for length in 1..<message.count {
                let (events, malformed) = parse(Array(message[..<length]), everything)
                #expect(events == [])
                #expect(malformed == 1)
            }
        }
    }

    @Test
    func `A message whose length was cut with it gives an event or an error, and the next message is read`() {
        for message in Fixture.all {
            for length in stride(from: 16, to: message.count, by: 4) {
                var cut = Array(message[..<length])
                cut.setLength(length)
                let (events, malformed) = parse(cut + Fixture.routeDefault, everything)
                #expect(events.count + malformed <= 2)
                #expect(events.last?.route?.prefix == .ipv4Default)
            }
        }
    }

    @Test func `No value of any octet makes the parser stop`() {
        for message in Fixture.all {
            for position in message.indices {
                for value: UInt8 in [0, 1, 3, 4, 0x7F, 0x80, 0xFF] {
                    var changed = message
                    changed[position] = value
                    let (events, malformed) = parse(changed, everything)
                    #expect(events.count + malformed <= 3)
                }
            }
        }
    }

    @Test func `A malformed message between two others costs only itself`() {
        var bad = Fixture.routeDefault
        bad[17] = 33
        let (events, malformed) = parse(Fixture.address + bad + Fixture.routeBlackhole)
        #expect(events.count == 2)
        #expect(malformed == 1)
    }

    @Test func `Impossible prefix lengths are malformed`() {
        for (message, position) in [(Fixture.routeConnected, 17), (Fixture.address, 17)] {
            var bad = message
            bad[position] = 33
            #expect(parse(bad).malformed == 1)
            #expect(parse(bad).events == [])
        }
    }
}

extension [UInt8] {
    /// Writes a netlink message's length into its header.
    mutating func setLength(_ length: Int) {
        Swift.withUnsafeBytes(of: UInt32(length)) { replaceSubrange(0..<4, with: $0) }
    }
}
