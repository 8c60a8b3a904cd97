import NIOCore
import NetTypes
import Testing

@testable import OpenFlow

/// Faults of the original, by their number in the list of traps, that must not come back here.
@Suite("Traps")
struct TrapTests {
    @Test("Trap 17: no buffer is 0xFFFFFFFF on the wire, never buffer 0")
    func noBuffer() throws {
        let clear = try OpenFlow10.Envelope(xid: 1, .flowMod(.init(.delete, match: .any))).encoded()
        #expect(clear.getInteger(at: 64, as: UInt32.self) == 0xFFFF_FFFF)
        let packet = try OpenFlow10.Envelope(
            xid: 1, .packetOut(.init(actions: [.output(1)], data: ByteBuffer(string: "packet")))
        ).encoded()
        #expect(packet.getInteger(at: 8, as: UInt32.self) == 0xFFFF_FFFF)
    }

    @Test("Trap 17: buffer 0 is a buffer")
    func bufferZero() throws {
        let flowMod = OpenFlow10.FlowMod(.add, match: .any, bufferID: 0)
        let bytes = try OpenFlow10.Envelope(xid: 1, .flowMod(flowMod)).encoded()
        #expect(bytes.getInteger(at: 64, as: UInt32.self) == 0)
        #expect(try OpenFlow10.Envelope(OpenFlowFrame(bytes)).message == .flowMod(flowMod))
    }

    @Test("Trap 17: a flow that drops everything has no action and no bytes beyond its 72")
    func dropAll() throws {
        let drop = try OpenFlow10.Envelope(xid: 1, .flowMod(.init(.add, match: .any))).encoded()
        #expect(drop.readableBytes == 72)
    }

    @Test("Trap 18: the controller gets whole packets unless somebody asks for less")
    func wholePackets() throws {
        #expect(OpenFlow10.Action.output(.controller) == .output(.controller, maxLength: 0xFFFF))
        #expect(OpenFlow10.Action.sendToController == .output(.controller, maxLength: 0xFFFF))
    }

    @Test(
        "Trap 18: packets of every length go through in both directions",
        arguments: [0, 1, 59, 60, 1500, 9000, 65_500])
    func packetLengths(length: Int) throws {
        let data = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0) })
        let packetIn = OpenFlow10.PacketIn(
            totalLength: UInt16(length), inPort: 1, reason: .noMatch, data: data)
        let packetOut = OpenFlow10.PacketOut(actions: [.output(1)], data: data)
        for message in [OpenFlow10.Message.packetIn(packetIn), .packetOut(packetOut)] {
            let envelope = OpenFlow10.Envelope(xid: 1, message)
            #expect(try OpenFlow10.Envelope(OpenFlowFrame(envelope.encoded())) == envelope)
        }
    }

    @Test(
        "Trap 19: TTL decrement, hairpin, barrier, errors and port states are there, as Open vSwitch has them"
    )
    func present() {
        let names = Set(Fixture.all.map(\.name))
        #expect(
            names.isSuperset(of: [
                "flow mod: a route", "flow mod: a route back out of the port that the packet came in by",
                "barrier request", "barrier reply", "error: the flow overlaps", "port status: link lost",
            ]))
        #expect(Fixture.hairpinActions.contains(.decrementTTL))
        #expect(Fixture.hairpinActions.contains(.registerLoad(.clearInPort)))
    }
}
