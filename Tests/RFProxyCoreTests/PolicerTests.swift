import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// What a port may send to its VM.
@Suite struct PolicerTests {
    private static let port = PortID(Bench.datapath, 1)
    private static let other = PortID(Bench.datapath, 2)

    private func at(_ milliseconds: Int) -> Instant { Instant(sinceStart: .milliseconds(milliseconds)) }

    @Test(arguments: [
        (PacketClass.routing, 2000, 2000), (.arp, 50, 100), (.own, 1000, 1000), (.miss, 100, 100),
    ])
    func aFloodPassesAtItsRateAfterItsBurst(_ packetClass: PacketClass, rate: Int, burst: Int) {
        var policer = Policer()
        // Ten packets a millisecond for ten seconds.
        let passed = (0..<100_000).filter { policer.admits(packetClass, from: Self.port, at: at($0 / 10)) }
            .count
        #expect((burst + 10 * rate - 10...burst + 10 * rate + 1).contains(passed))
    }

    @Test func aFloodTakesNothingFromAnotherClassOrPort() {
        var policer = Policer()
        for _ in 0..<10_000 {
            _ = policer.admits(.arp, from: Self.port, at: .start)
            _ = policer.admits(.miss, from: Self.port, at: .start)
        }
        let isFlooderAdmitted = policer.admits(.arp, from: Self.port, at: .start)
        #expect(!isFlooderAdmitted)
        let others = [
            policer.admits(.routing, from: Self.port, at: .start),
            policer.admits(.own, from: Self.port, at: .start),
            policer.admits(.arp, from: Self.other, at: .start),
        ]
        #expect(others == [true, true, true])
    }

    @Test func whoWaitsMaySendABurstAgain() {
        var policer = Policer()
        func passed(_ now: Instant) -> Int {
            (0..<1000).filter { _ in policer.admits(.arp, from: Self.port, at: now) }.count
        }
        let counts = [0, 100, 60_000].map { passed(at($0)) }
        #expect(counts == [100, 5, 100])
    }

    private func passes(polices: Bool, toTheVM: Bool) -> Int {
        var shuttle = Shuttle(passesIPv6: false, polices: polices)
        let (datapath, virtual) = (SessionID(rawValue: 1), SessionID(rawValue: 2))
        shuttle.attach(Bench.datapath, to: datapath)
        shuttle.attach(Bench.virtualSwitch, to: virtual)
        shuttle.maps.join(Self.port, PortID(Bench.virtualSwitch, 11))
        let packet = OpenFlow10.PacketIn(
            totalLength: UInt16(Bench.packet("10.0.0.1").bytes.count),
            inPort: OpenFlow10.PortNumber(rawValue: toTheVM ? 1 : 11), reason: .noMatch,
            data: ByteBuffer(bytes: Bench.packet("10.0.0.1").bytes))
        return (0..<5000).filter { _ in
            let verdict = shuttle.judge(packet, from: toTheVM ? datapath : virtual)
            if case .pass = shuttle.police(verdict, at: .start) { return true } else { return false }
        }.count
    }

    @Test func onlyPacketsToVMsArePoliced() {
        #expect(passes(polices: true, toTheVM: true) == 100)
        #expect(passes(polices: false, toTheVM: true) == 5000)
        #expect(passes(polices: true, toTheVM: false) == 5000)
    }
}
