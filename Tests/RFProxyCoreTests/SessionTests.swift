import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// Switches that introduce themselves, fall silent, lie, or talk nonsense.
@Suite struct SessionTests {
    private func isJoined(_ bench: Bench, _ datapath: DatapathID = Bench.datapath) -> DatapathJoin? {
        guard case .datapathJoin(let join) = bench.server.table[.datapath(datapath)] else { return nil }
        return join
    }

    @Test func aSwitchIsAnnouncedWithItsPortsAndWithoutTheLocalOne() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 2)
        fake.ports[2]?.state = .linkDown
        fake.ports[0xFFFE] = FakeSwitch.port(0xFFFE, of: Bench.datapath)
        let id = try bench.connect(fake)
        try bench.settle()
        let join = try #require(isJoined(bench))
        #expect(join.ports.map(\.dpPort) == [1, 2] && join.ports.map(\.isUp) == [true, false])
        #expect(!join.isVirtualSwitch)
        try bench.disconnect(id)
        try bench.settle()
        #expect(isJoined(bench) == nil)
    }

    @Test func anRFProxyThatEndsSaysThatItHasNoSwitchesAnyMoreWhileTheChannelStillWrites() throws {
        var bench = Bench()
        let others = (2...5).map { DatapathID(rawValue: $0) }
        for datapath in [Bench.datapath] + others { try bench.connect(FakeSwitch(datapath, ports: 2)) }
        try bench.settle()
        #expect(others.allSatisfy { isJoined(bench, $0) != nil })
        try bench.tell(.ipc(.written(0)))
        try bench.tell(.ending)
        #expect(isJoined(bench) == nil)
        #expect(others.allSatisfy { isJoined(bench, $0) == nil })
    }

    @Test func aPortThatComesOrGoesIsAnnounced() throws {
        var bench = Bench()
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        let port = FakeSwitch.port(3, of: Bench.datapath)
        if let bytes = bench.switches[id]?.change(.add, port: port) { try bench.deliver(bytes, from: id) }
        try bench.settle()
        #expect(isJoined(bench)?.ports.count == 3)
        if let bytes = bench.switches[id]?.change(.delete, port: port) { try bench.deliver(bytes, from: id) }
        try bench.settle()
        #expect(isJoined(bench)?.ports.count == 2)
    }

    @Test func anEchoRequestIsAnsweredWithItsData() throws {
        var bench = Bench()
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        bench.switches[id]?.forgetMessages()
        let data = ByteBuffer(string: "who is there")
        try bench.deliver(FakeSwitch.bytes(99, .echoRequest(data)), from: id)
        #expect(try bench.has(id).received == [OpenFlow10.Envelope(xid: 99, .echoReply(data))])
    }

    @Test func aSwitchThatAnswersEchoesStaysAndOneThatDoesNotIsGivenUp() throws {
        var bench = Bench()
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        try bench.wait(.seconds(60))
        #expect(bench.closed.isEmpty)
        bench.switches[id]?.answersEchoes = false
        try bench.wait(.seconds(16))
        #expect(bench.closed == [id])
        #expect(isJoined(bench) == nil)
    }

    /// Over TLS too: the time begins with the connection, so that the handshake is in it.
    @Test(arguments: [Transport.tcp, .tls])
    func whoSaysNothingIsGivenUpAfterTenSeconds(over transport: Transport) throws {
        var bench = Bench()
        try bench.tell(.connected(SessionID(rawValue: 70), from: nil, over: transport))
        try bench.wait(.seconds(9))
        #expect(bench.closed.isEmpty)
        try bench.wait(.seconds(1))
        #expect(bench.closed == [SessionID(rawValue: 70)])
    }

    @Test func aSwitchOfALaterVersionIsSpokenToIn10AndOneWithoutAVersionIsNot() throws {
        var bench = Bench()
        for (number, version) in [(70, 4), (71, 0)] as [(UInt64, UInt8)] {
            let id = SessionID(rawValue: number)
            try bench.tell(.connected(id, from: nil, over: .tcp))
            let header = OpenFlowHeader(
                version: OpenFlowVersion(rawValue: version), type: 0, length: 16, xid: 1)
            let body = ByteBuffer(repeating: 0, count: 8)
            try bench.tell(.received(id, SwitchFrame(OpenFlowFrame(header: header, body: body))))
        }
        #expect(bench.closed == [SessionID(rawValue: 71)])
    }

    @Test func garbageEndsOnlyTheConnectionThatItCameFrom() throws {
        var bench = Bench()
        let good = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        let types = (0...255).map { UInt8($0) }
        for type in types {
            for size in [0, 1, 7, 8, 63, 200] {
                let bad = try bench.connect(FakeSwitch(DatapathID(rawValue: 2), ports: 2))
                let header = OpenFlowHeader(
                    version: .v10, type: type, length: UInt16(8 + size), xid: 0xFFFF_FFFF)
                let body = ByteBuffer(repeating: 0xFF, count: size)
                try bench.tell(.received(bad, SwitchFrame(OpenFlowFrame(header: header, body: body))))
                if bench.switches[bad] != nil { try bench.disconnect(bad) }
            }
        }
        #expect(!bench.closed.contains(good))
        try bench.settle()
        #expect(isJoined(bench) != nil)
        #expect(!bench.closed.isEmpty)
    }

    /// While this process stood still, what the switches have said waits to be read.
    @Test func aPauseOfThisProcessEndsNoConnection() throws {
        var bench = Bench()
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        bench.switches[id]?.answersEchoes = false
        try bench.wait(.seconds(6))
        bench.now = bench.now.advanced(by: .seconds(20))
        try bench.tell(.timePassed)
        #expect(bench.closed.isEmpty)
        bench.switches[id]?.answersEchoes = true
        try bench.wait(.seconds(60))
        #expect(bench.closed.isEmpty)
    }

    @Test func whoConnectsUnderEverNewIdentitiesLeavesNothingBehind() throws {
        var bench = Bench()
        for number in 100..<200 as Range<UInt64> {
            let datapath = DatapathID(rawValue: number)
            let id = try bench.connect(FakeSwitch(datapath, ports: 1))
            try bench.disconnect(id)
            // What rfserver said to the first one comes late.
            try bench.say(.datapathConfig(DatapathConfig(dpID: datapath, operation: .arp)))
            try bench.say(.tableComplete(TableComplete(dpID: datapath)))
        }
        #expect(bench.core.datapaths.isEmpty)
    }

    // MARK: One datapath, two connections

    @Test func whatChangesWhileASecondConnectionWaitsIsKnownWhenItTakesOver() throws {
        var bench = Bench()
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        bench.switches[first]?.answersEchoes = false
        let second = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        let port = FakeSwitch.port(2, of: Bench.datapath, state: .linkDown)
        if let bytes = bench.switches[second]?.change(port: port) { try bench.deliver(bytes, from: second) }
        try bench.wait(.seconds(3))
        #expect(isJoined(bench)?.ports.map(\.isUp) == [true, false])
    }

    @Test func ofTwoConnectionsTheFirstStaysIfItAnswers() throws {
        var bench = Bench()
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        let second = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        #expect(bench.closed == [second])
        try bench.settle()
        #expect(isJoined(bench)?.ports.count == 2)
        #expect(try bench.has(first).ports.count == 2)
    }

    @Test func whoClaimsADatapathAndSaysNoMoreKeepsItsSwitchOutNoLonger() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        var mute = FakeSwitch(Bench.datapath, ports: 3)
        mute.answersStatistics = false
        let first = try bench.connect(mute)
        // A switch that introduces itself is not put out for that.
        let second = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        #expect(bench.closed == [second])
        try bench.wait(.milliseconds(500))
        let third = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        #expect(bench.closed == [second, first])
        #expect(try bench.has(third).flows.count == 1)
        try bench.wait(.milliseconds(500))
        let fourth = try bench.connect(mute)
        #expect(bench.closed == [second, first, fourth])
    }

    @Test func whoClaimsADatapathAgainAndAgainCostsItOneEchoASecond() throws {
        var bench = Bench()
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        let echoes = { (bench: Bench) in
            try bench.has(first).received.count { if case .echoRequest = $0.message { true } else { false } }
        }
        for _ in 0..<100 { try bench.connect(FakeSwitch(Bench.datapath, ports: 3)) }
        #expect(bench.closed.count == 100)
        #expect(try echoes(bench) == 1)
        try bench.wait(.seconds(1))
        try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        #expect(try echoes(bench) == 2)
        // What it has shown does not last.
        try bench.wait(.seconds(1))
        bench.switches[first]?.answersEchoes = false
        let second = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        try bench.wait(.seconds(2))
        #expect(bench.closed.contains(first) && !bench.closed.contains(second))
    }

    @Test func ofTwoConnectionsTheSecondTakesOverIfTheFirstIsSilentForTwoSeconds() throws {
        var bench = Bench()
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        bench.switches[first]?.answersEchoes = false
        let second = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        try bench.wait(.milliseconds(1900))
        #expect(bench.closed.isEmpty)
        try bench.wait(.milliseconds(200))
        #expect(bench.closed == [first])
        #expect(isJoined(bench)?.ports.count == 3)
        #expect(try bench.has(second).flows.count == 1)
    }

    @Test func ofTwoConnectionsTheSecondTakesOverIfTheFirstEnds() throws {
        var bench = Bench()
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        bench.switches[first]?.answersEchoes = false
        let second = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        let third = try bench.connect(FakeSwitch(Bench.datapath, ports: 4))
        #expect(bench.closed == [third])
        try bench.disconnect(first)
        try bench.settle()
        #expect(isJoined(bench)?.ports.count == 3)
        try bench.disconnect(second)
        try bench.settle()
        #expect(isJoined(bench) == nil)
    }

    // MARK: The role of virtual switch

    @Test func aVirtualSwitchFromAForeignAddressIsRefused() throws {
        var bench = Bench()
        let id = try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 2), from: "192.0.2.1")
        #expect(bench.closed == [id])
        try bench.settle()
        #expect(isJoined(bench, Bench.virtualSwitch) == nil)
        try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 2), from: "127.0.0.1")
        try bench.settle()
        #expect(isJoined(bench, Bench.virtualSwitch)?.isVirtualSwitch ?? false)
    }

    @Test func aVirtualSwitchMayComeFromANetworkThatWasNamed() throws {
        var settings = ProxySettings()
        settings.virtualSwitchesFrom = [try #require(IPPrefix("192.0.2.0/24"))]
        var bench = Bench(settings)
        try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 2), from: "192.0.2.1")
        #expect(bench.closed.isEmpty)
        let other = try bench.connect(
            FakeSwitch(DatapathID(rawValue: 0x7266_7673_0000_0001), ports: 2), from: "127.0.0.1")
        #expect(bench.closed == [other])
    }

    @Test func aVirtualSwitchOverTLSMayComeFromAnywhere() throws {
        var bench = Bench()
        try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 2), from: "192.0.2.1", over: .tls)
        try bench.settle()
        #expect(bench.closed.isEmpty)
        #expect(isJoined(bench, Bench.virtualSwitch)?.isVirtualSwitch ?? false)
    }

    // MARK: TLS

    /// A log of eleven refusals has four lines of each reason, and none that says it twice.
    @Test func whoIsRefusedOverTLSIsToldNowAndThen() throws {
        var bench = Bench()
        for reason in ["no certificate", "no TLS"] {
            for _ in 0..<11 {
                let id = try bench.begin(from: "192.0.2.1", over: .tls)
                try bench.tell(.refused(id, reason: reason))
                try bench.tell(.disconnected(id, reason: "the connection was closed"))
            }
        }
        for reason in ["no certificate", "no TLS"] {
            let lines = bench.log.filter { $0.message == "refused a connection over TLS: \(reason)" }
            #expect(lines.map { $0.ids["count"] } == ["1", "2", "4", "8"])
            #expect(lines.allSatisfy { $0.ids["peer"] == "192.0.2.1" })
        }
        #expect(bench.log.count == 8 && bench.core.sessions.isEmpty)
    }
}
