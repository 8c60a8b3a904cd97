import Testing

@testable import Netlink

/// A message with a type, flags and a sequence number.
private func message(type: UInt16, flags: UInt16 = 0, sequence: UInt32 = 7, _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    withUnsafeBytes(of: UInt32(16 + payload.count)) { bytes += $0 }
    withUnsafeBytes(of: type) { bytes += $0 }
    withUnsafeBytes(of: flags) { bytes += $0 }
    withUnsafeBytes(of: sequence) { bytes += $0 }
    return bytes + [0, 0, 0, 0] + payload
}

private func number(_ value: Int32) -> [UInt8] {
    withUnsafeBytes(of: value) { Array($0) }
}

private func part(_ datagram: [UInt8]) -> DumpPart {
    datagram.withUnsafeBytes { DumpPart($0, sequence: 7, parser: EventParser()) }
}

/// The fixture as an entry of a dump.
private func entry(flags: UInt16 = 2, sequence: UInt32 = 7) -> [UInt8] {
    message(type: 24, flags: flags, sequence: sequence, Array(Fixture.routeDefault.dropFirst(16)))
}

@Suite struct DumpPartTests {
    @Test func `Entries come without change flags, and the last message ends the dump`() {
        let part = part(entry() + message(type: 3, flags: 2, number(0)))
        #expect(part.entries.count == 1)
        guard case .route(_, change: []) = part.entries.first else { return #expect(Bool(false)) }
        guard case .done = part.end else { return #expect(Bool(false)) }
        #expect(!part.isInterrupted)
    }

    @Test func `A dump that the kernel says was interrupted is known as such`() {
        #expect(part(entry(flags: 0x12)).isInterrupted)
        #expect(part(message(type: 3, flags: 0x12, number(0))).isInterrupted)
    }

    @Test func `What an earlier dump left behind is passed over`() {
        let part = part(entry(sequence: 6) + message(type: 3, sequence: 6, number(0)))
        #expect(part.entries == [])
        #expect(part.end == nil)
    }

    @Test func `A refusal ends the dump with its reason, but a table that does not exist is empty`() {
        guard
            case .error(let answer) = part(message(type: 2, number(-22) + [UInt8](repeating: 0, count: 16)))
                .end
        else { return #expect(Bool(false)) }
        #expect(answer.explained("the dump").errno == 22)
        guard case .done = part(message(type: 2, number(-2) + [UInt8](repeating: 0, count: 16))).end
        else { return #expect(Bool(false)) }
    }

    @Test func `An error at the end of a dump is an error`() {
        guard case .error = part(message(type: 3, number(-12))).end else { return #expect(Bool(false)) }
    }

    @Test func `Malformed entries are counted and cost only themselves`() {
        let part = part(message(type: 24, [2, 0, 0, 0]) + entry())
        #expect(part.malformed == 1)
        #expect(part.entries.count == 1)
    }
}
