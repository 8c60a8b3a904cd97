import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// Packets between the ports of datapaths and those of VMs.
@Suite struct ShuttleTests {
    private static let datapath = SessionID(rawValue: 1)
    private static let virtual = SessionID(rawValue: 2)

    private func shuttle(passesIPv6: Bool = false) -> Shuttle {
        var shuttle = Shuttle(passesIPv6: passesIPv6, polices: true)
        shuttle.attach(Bench.datapath, to: Self.datapath)
        shuttle.attach(Bench.virtualSwitch, to: Self.virtual)
        shuttle.maps.join(PortID(Bench.datapath, 1), PortID(Bench.virtualSwitch, 11))
        shuttle.setOwnAddresses([IPv4Address(rawValue: 0x0A00_0001)], of: Bench.datapath)
        return shuttle
    }

    private func packetIn(_ bytes: [UInt8], port: UInt16, total: Int? = nil) -> OpenFlow10.PacketIn {
        OpenFlow10.PacketIn(
            totalLength: UInt16(total ?? bytes.count), inPort: OpenFlow10.PortNumber(rawValue: port),
            reason: .noMatch, data: ByteBuffer(bytes: bytes))
    }

    private func packetClass(_ verdict: PacketVerdict) -> PacketClass? {
        if case .pass(_, _, let packetClass, _) = verdict { packetClass } else { nil }
    }

    @Test func aPacketPassesToTheMappedPortAndBack() {
        var shuttle = shuttle()
        let packet = packetIn(Bench.packet("10.0.0.1").bytes, port: 1)
        #expect(
            shuttle.judge(packet, from: Self.datapath)
                == .pass(to: Self.virtual, out: 11, .own, from: PortID(Bench.datapath, 1)))
        let back = packetIn(Bench.packet("10.0.0.1").bytes, port: 11)
        #expect(
            shuttle.judge(back, from: Self.virtual)
                == .pass(to: Self.datapath, out: 1, .own, from: PortID(Bench.virtualSwitch, 11)))
    }

    @Test func packetsFromPortsThatAreNotMappedOrSwitchesThatAreGoneAreDropped() {
        var shuttle = shuttle()
        let bytes = Bench.packet("10.0.0.1").bytes
        func isDropped(_ port: UInt16, _ session: SessionID) -> Bool {
            if case .drop = shuttle.judge(packetIn(bytes, port: port), from: session) { true } else { false }
        }
        #expect(isDropped(2, Self.datapath))
        #expect(isDropped(0xFFFE, Self.virtual))
        #expect(isDropped(1, SessionID(rawValue: 9)))
        shuttle.detach(Self.virtual)
        #expect(isDropped(1, Self.datapath))
        #expect(shuttle.drops.values.reduce(0, +) == 4)
    }

    @Test func everyClassIsRecognised() {
        var shuttle = shuttle()
        func judge(_ change: (inout FakePacket) -> Void) -> PacketClass? {
            var packet = Bench.packet("10.9.9.9")
            change(&packet)
            return packetClass(shuttle.judge(packetIn(packet.bytes, port: 1), from: Self.datapath))
        }
        let own = IPv4Address(rawValue: 0x0A00_0001)
        #expect(judge { $0.ipProtocol = .ospf } == .routing)
        #expect(judge { $0.destinationPort = 520 } == .routing)
        #expect(
            judge {
                $0.ipProtocol = .tcp; $0.to = own; $0.destinationPort = 179
            } == .routing)
        #expect(
            judge {
                $0.ipProtocol = .tcp; $0.to = own; $0.sourcePort = 179
            } == .routing)
        #expect(
            judge {
                $0.ipProtocol = .tcp; $0.sourcePort = 179
            } == .miss)
        #expect(judge { $0.etherType = .arp } == .arp)
        #expect(judge { $0.to = own } == .own)
        #expect(
            judge {
                $0.to = own; $0.vlan = 7
            } == .own)
        #expect(judge { _ in } == .miss)
    }

    @Test func bridgesLLDPAndIPv6StayWhereTheyAre() {
        for passesIPv6 in [false, true] {
            var shuttle = shuttle(passesIPv6: passesIPv6)
            func passes(_ change: (inout FakePacket) -> Void) -> Bool {
                var packet = Bench.packet("10.0.0.1")
                change(&packet)
                return packetClass(shuttle.judge(packetIn(packet.bytes, port: 1), from: Self.datapath)) != nil
            }
            #expect(!passes { $0.destination = MACAddress(rawValue: 0x0180_C200_000E) })
            #expect(!passes { $0.etherType = OpenFlow10.EtherType(rawValue: 0x88CC) })
            #expect(passes { $0.etherType = OpenFlow10.EtherType(rawValue: 0x86DD) } == passesIPv6)
        }
    }

    @Test func aPacketForAnotherStationIsDroppedOnceTheVMsAddressIsKnown() {
        var shuttle = shuttle()
        var packet = Bench.packet("10.0.0.1")
        packet.destination = MACAddress(rawValue: 0x0A00_0000_0077)
        let foreign = packetIn(packet.bytes, port: 1)
        #expect(packetClass(shuttle.judge(foreign, from: Self.datapath)) != nil)

        var reply = Bench.packet("10.0.0.1")
        (reply.source, reply.destination) = (Bench.router, Bench.host)
        _ = shuttle.judge(packetIn(reply.bytes, port: 11), from: Self.virtual)
        #expect(packetClass(shuttle.judge(foreign, from: Self.datapath)) == nil)
        #expect(
            packetClass(shuttle.judge(packetIn(Bench.packet("10.0.0.1").bytes, port: 1), from: Self.datapath))
                != nil)
        packet.destination = .broadcast
        #expect(packetClass(shuttle.judge(packetIn(packet.bytes, port: 1), from: Self.datapath)) != nil)
    }

    @Test func aVMThatUsesEverNewAddressesGetsEverything() {
        var shuttle = shuttle()
        for number in 1...50 as ClosedRange<UInt64> {
            var packet = Bench.packet("10.0.0.1")
            packet.source = MACAddress(rawValue: 0x0200_0000_0000 + number)
            _ = shuttle.judge(packetIn(packet.bytes, port: 11), from: Self.virtual)
        }
        var packet = Bench.packet("10.0.0.1")
        packet.destination = MACAddress(rawValue: 0x0A00_0000_0077)
        #expect(packetClass(shuttle.judge(packetIn(packet.bytes, port: 1), from: Self.datapath)) != nil)
    }

    @Test func aPacketThatTheSwitchCutOffIsDropped() {
        var shuttle = shuttle()
        let cut = packetIn(Bench.packet("10.0.0.1").bytes, port: 1, total: 1514)
        guard case .drop = shuttle.judge(cut, from: Self.datapath) else { return #expect(Bool(false)) }
    }

    @Test func everyTruncationOfEveryPacketIsJudgedWithoutATrap() {
        var shuttle = shuttle(passesIPv6: true)
        var samples: [[UInt8]] = []
        for etherType in [.ipv4, .arp, OpenFlow10.EtherType(rawValue: 0x86DD)] as [OpenFlow10.EtherType] {
            for vlan in [nil, 5] as [UInt16?] {
                for proto in [.ospf, .udp, .tcp] as [OpenFlow10.IPProtocol] {
                    var packet = Bench.packet("10.0.0.1")
                    (packet.etherType, packet.vlan, packet.ipProtocol) = (etherType, vlan, proto)
                    samples.append(packet.bytes)
                }
            }
        }
        for sample in samples {
            for length in 0...sample.count {
                let verdict = shuttle.judge(
                    packetIn(Array(sample.prefix(length)), port: 1), from: Self.datapath)
                #expect((packetClass(verdict) == nil) == (length < 14))
                for position in 12..<max(length, 12) {
                    var mangled = Array(sample.prefix(length))
                    mangled[position] = 0xFF
                    _ = shuttle.judge(packetIn(mangled, port: 1), from: Self.datapath)
                }
            }
        }
    }

    /// Trap 18: punted frames were cut.
    @Test func aFrameOf1514BytesIsWrittenWhole() throws {
        var packet = Bench.packet("10.0.0.1")
        packet.length = 1514
        var buffer = ByteBuffer()
        PacketOutWriter.write(ByteBuffer(bytes: packet.bytes), out: 11, to: &buffer)
        var framer = OpenFlowFrameDecoder()
        let frame = try #require(try framer.decode(buffer: &buffer))
        let expected = OpenFlow10.PacketOut(
            actions: [.output(11, maxLength: 0)], data: ByteBuffer(bytes: packet.bytes))
        #expect(try OpenFlow10.Envelope(frame).message == .packetOut(expected))
        #expect(buffer.readableBytes == 0)
    }

    @Test func aPacketThatFitsIntoNoMessageIsLeftOut() {
        var buffer = ByteBuffer()
        PacketOutWriter.write(ByteBuffer(repeating: 0, count: 65_520), out: 1, to: &buffer)
        #expect(buffer.readableBytes == 0)
    }
}
