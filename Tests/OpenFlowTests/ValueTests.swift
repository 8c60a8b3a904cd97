import NIOCore
import NetTypes
import Testing

@testable import OpenFlow

@Suite("Values")
struct ValueTests {
    @Test("Actions that are carried as bytes are padded to eight bytes", arguments: 0...17)
    func padding(count: Int) throws {
        let data = ByteBuffer(repeating: 7, count: count)
        let actions: [OpenFlow10.Action] = [
            .vendor(.nicira, data: data), .unknown(type: .init(rawValue: 50), data: data),
        ]
        for action in actions {
            var bytes = ByteBuffer()
            action.write(to: &bytes)
            #expect(bytes.readableBytes % 8 == 0)
            #expect(bytes.getInteger(at: 2, as: UInt16.self).map(Int.init) == bytes.readableBytes)
        }
    }

    @Test("An action takes 16 bytes of memory")
    func actionSize() {
        #expect(MemoryLayout<OpenFlow10.Action>.stride == 16)
        #expect(MemoryLayout<OpenFlow10.Match>.stride <= 48)
    }

    @Test("A load into a whole field counts its bits")
    func registerLoad() {
        #expect(OpenFlow10.RegisterLoad.clearInPort.offsetAndWidth == 15)
        #expect(OpenFlow10.RegisterLoad(1, into: .init(rawValue: 0x0001_0004)).offsetAndWidth == 31)
        #expect(OpenFlow10.RegisterLoad(1, into: .init(rawValue: 0x0001_DE10)).offsetAndWidth == 63)
        #expect(OpenFlow10.RegisterLoad(1, into: .init(rawValue: 0)).offsetAndWidth == 0)
    }

    /// As `ovs-ofctl parse-actions OpenFlow10` reads it: `move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]`.
    @Test("A move of a whole field is what Open vSwitch takes it for")
    func registerMove() throws {
        let bytes = ByteBuffer(hex: "ffff 0018 00002320 0006 0030 0000 0000 00000406 00000206")
        let action = OpenFlow10.Action.registerMove(.init(.ethernetSource, into: .ethernetDestination))
        var written = ByteBuffer()
        action.write(to: &written)
        #expect(written == bytes)
        var reader = WireReader(bytes, offset: 0)
        #expect(try OpenFlow10.Action(from: &reader) == action)
    }

    @Test("Text that is too long for its field is cut between characters, and ends in a zero byte")
    func text() throws {
        let port = OpenFlow10.PhyPort(number: 1, hwAddr: .zero, name: "fourteen bytesäöü")
        var bytes = ByteBuffer()
        port.write(to: &bytes)
        #expect(bytes.readableBytes == 48)
        var reader = WireReader(bytes, offset: 0)
        #expect(try OpenFlow10.PhyPort(from: &reader).name == "fourteen bytes")
    }

    @Test("Text that is no UTF-8, or fills its field, is read as far as possible")
    func badText() throws {
        var reader = WireReader(ByteBuffer(hex: "61ff62 0*2 c3a4 0*1 70707070"), offset: 0)
        #expect(try reader.text(size: 5) == "a?b")
        #expect(try reader.text(size: 3) == "ä")
        #expect(try reader.text(size: 4) == "ppp")
    }

    @Test("Packet data is not copied when it is decoded")
    func noCopy() throws {
        var buffer = try OpenFlow10.Envelope(
            xid: 1,
            .packetIn(
                .init(totalLength: 3, inPort: 1, reason: .action, data: ByteBuffer(repeating: 9, count: 2000))
            )
        ).encoded()
        let start = buffer.withUnsafeReadableBytes { $0.baseAddress }
        var decoder = OpenFlowFrameDecoder()
        let frame = try #require(try decoder.decode(buffer: &buffer))
        guard case .packetIn(let packet) = try OpenFlow10.Envelope(frame).message else {
            Issue.record("no packet-in")
            return
        }
        #expect(packet.data.withUnsafeReadableBytes { $0.baseAddress } == start?.advanced(by: 18))
    }

    @Test("Errors have the specification's names, unknown ones their numbers")
    func errorNames() {
        #expect(OpenFlow10.ErrorCode.allTablesFull.description == "OFPFMFC_ALL_TABLES_FULL")
        #expect(OpenFlow10.ErrorCode(type: .badAction, code: 8).description == "OFPBAC_BAD_QUEUE")
        #expect(OpenFlow10.ErrorCode(type: .badAction, code: 9).description == "error type 2 code 9")
        #expect(
            OpenFlow10.ErrorCode(type: .init(rawValue: 99), code: 0).description == "error type 99 code 0")
    }

    @Test("Reserved ports have names")
    func portNames() {
        let ports: [OpenFlow10.PortNumber] = [1, .max, .inPort, .controller, .local, .none]
        #expect(ports.map(\.description) == ["1", "65280", "IN_PORT", "CONTROLLER", "LOCAL", "NONE"])
        #expect(ports.map(\.isPhysical) == [true, true, false, false, false, false])
    }

    @Test("The actions that a switch supports are asked for by their type")
    func supportedActions() {
        let actions = OpenFlow10.SupportedActions(rawValue: 0x801)
        #expect(actions.contains(.output))
        #expect(actions.contains(.enqueue))
        #expect(!actions.contains(.stripVLAN))
        #expect(!actions.contains(.vendor))
    }

    @Test("Open vSwitch is known by its description")
    func description() {
        var description = OpenFlow10.SwitchDescription(
            manufacturer: "Nicira, Inc.", hardware: "Open vSwitch", software: "3.1.0", serialNumber: "None",
            datapath: "None")
        #expect(description.isOpenVSwitch)
        description.hardware = "Reference Userspace Switch"
        #expect(!description.isOpenVSwitch)
    }
}
