import Foundation
import NetTypes
import Testing

@testable import Netlink

@Suite struct RecordingTests {
    @Test func `Each event survives being recorded as JSON`() throws {
        var events = Fixture.all.flatMap {
            parse($0, EventParser(families: [.ipv4, .ipv6], table: nil)).events
        }
        events += [.dumpBegan(.routes), .dumpEnded(.links), .overrun]
        events.append(.dumpFailed(.neighbours, NetlinkError(.refused, errno: 22, "no")))
        let recorded = try JSONEncoder().encode(events)
        #expect(try JSONDecoder().decode([NetlinkEvent].self, from: recorded) == events)
    }
}
