import NetTypes
import Testing

@testable import RFProxyCore

/// Packets that wait for a switch: no flood delays what matters, or another port.
@Suite struct ShuttleQueueTests {
    private static func port(_ number: UInt16) -> PortID { PortID(DatapathID(rawValue: 1), number) }

    private static func drain<Packet>(_ queue: inout ShuttleQueue<Packet>) -> [Packet] {
        var packets: [Packet] = []
        while let packet = queue.popFirst() { packets.append(packet) }
        return packets
    }

    @Test func aFloodOfMissesOrARPDelaysNoRoutingPacket() {
        var queue = ShuttleQueue<PacketClass>()
        for _ in 0..<10_000 {
            _ = queue.append(.miss, .miss, from: Self.port(1))
            _ = queue.append(.arp, .arp, from: Self.port(2))
        }
        let isTaken = (0..<10).map { _ in queue.append(.routing, .routing, from: Self.port(3)) }
        #expect(isTaken.allSatisfy { $0 })
        let order = Self.drain(&queue)
        #expect(order.prefix(40).filter { $0 == .routing }.count == 10)
        #expect(order.prefix(40).contains(.miss), "nothing starves, not even what matters least")
    }

    @Test func portsTakeTurns() {
        var queue = ShuttleQueue<UInt16>()
        for _ in 0..<100 { _ = queue.append(1, .arp, from: Self.port(1)) }
        for _ in 0..<3 { _ = queue.append(2, .arp, from: Self.port(2)) }
        #expect((0..<6).compactMap { _ in queue.popFirst() } == [1, 2, 1, 2, 1, 2])
    }

    @Test func aPortGetsNoMoreThanItsShare() {
        var queue = ShuttleQueue<UInt16>()
        let taken = (0..<1000).filter { _ in queue.append(1, .arp, from: Self.port(1)) }.count
        #expect(taken == ShuttleQueue<UInt16>.Limits().ofPort)
    }

    @Test func whenAClassIsFullThePortThatHasMostWaitingLoses() {
        var queue = ShuttleQueue<UInt16>(limits: .init(ofClass: 8, ofPort: 8))
        for _ in 0..<8 { _ = queue.append(1, .miss, from: Self.port(1)) }
        let more = [2, 2, 2, 1].map { queue.append($0, .miss, from: Self.port($0)) }
        #expect(more == [false, false, false, false])
        #expect(Self.drain(&queue).sorted() == [1, 1, 1, 1, 1, 2, 2, 2])
        #expect(queue.isEmpty)
    }
}
