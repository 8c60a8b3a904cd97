import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// One switch, several rfproxies: only the one that rfserver names writes.
@Suite struct GrantTests {
    private static let words =
        Bench.defaults + [
            Bench.flow("10.0.0.0/8"), Bench.flow("11.0.0.0/8"), Bench.flow("10.0.0.1/32", .local),
            Bench.complete,
        ]
    private static let key = RFKey.datapathGrant(Bench.datapath, 0)

    private static func say(_ messages: [RFMessage], _ bench: inout Bench) throws {
        for message in messages { bench.server.say(message) }
        try bench.settle()
    }

    /// A master with flows and a map.
    private static func master() throws -> (Bench, datapath: SessionID, virtual: SessionID) {
        var bench = Bench(grants: false)
        try say([Bench.grant()] + words + [Bench.map(1, 11)], &bench)
        let datapath = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        let virtual = try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 12))
        try bench.settle()
        #expect(try bench.has(datapath).flows.count == 7)
        bench.switches[datapath]?.forgetMessages()
        bench.switches[virtual]?.forgetMessages()
        return (bench, datapath, virtual)
    }

    /// A switch that the master has filled, as another rfproxy meets it.
    private static func filled() throws -> FakeSwitch {
        let (bench, id, _) = try master()
        var fake = try bench.has(id)
        fake.role = .equal
        return fake
    }

    private static func packet() -> OpenFlow10.PacketIn {
        let data = ByteBuffer(bytes: Bench.packet("172.31.1.1").bytes)
        return OpenFlow10.PacketIn(
            totalLength: UInt16(data.readableBytes), inPort: OpenFlow10.PortNumber(rawValue: 1),
            reason: .action,
            data: data)
    }

    @Test func aSpareNeverWrites() throws {
        var bench = Bench(grants: false)
        try Self.say(Self.words + [Bench.map(1, 11)], &bench)
        var fake = try Self.filled()
        fake.set(FakeSwitch.FlowID(.any, 7), FakeSwitch.Flow(actions: []))
        let before = fake.flows
        let id = try bench.connect(fake)
        let virtual = try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 12))
        let port = FakeSwitch.port(1, of: Bench.datapath, state: .linkDown)
        if let bytes = bench.switches[id]?.change(port: port) { try bench.deliver(bytes, from: id) }
        try Self.say([Bench.flow("12.0.0.0/8")], &bench)
        try bench.wait(.seconds(300))
        #expect(try bench.has(id).flows == before)
        #expect(try bench.has(id).flowMods == [])
        #expect(try bench.has(virtual).portMods == [])
        #expect(try bench.has(id).role == .slave, "Open vSwitch need not send it packets")
        #expect(bench.server.table[.datapath(Bench.datapath)] != nil, "rfserver has to know of it")
        #expect(bench.closed.isEmpty, "it answers")
        guard case .drop = bench.core.packetIn(Self.packet(), from: id, at: bench.now) else {
            throw Unexpected("a spare passes packets")
        }
    }

    @Test func aSwitchThatMovesToAndFroDoesNotHaveAllSaidAgainEachTime() throws {
        var bench = Bench(grants: false)
        try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        try Self.say([Bench.grant()], &bench)
        let generation = bench.core.generation
        for turn in 1...10 as ClosedRange<Int64> {
            try Self.say([Bench.grant(turn: turn)], &bench)
            try bench.wait(.milliseconds(500))
        }
        #expect(bench.core.generation == generation + 1)
        try Self.say(Self.words, &bench)
        #expect(bench.core.datapaths[Bench.datapath]?.table.isComplete == false, "something was missed")
        try bench.wait(.seconds(10))
        #expect(bench.core.generation == generation + 2)
        #expect(bench.core.datapaths[Bench.datapath]?.table.isComplete == true)
    }

    @Test func aSpareThatIsGrantedASwitchFindsItRightAndWritesNothing() throws {
        var bench = Bench(grants: false)
        let id = try bench.connect(try Self.filled())
        let virtual = try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 12))
        try bench.wait(.seconds(5))
        try Self.say([Bench.grant()] + Self.words + [Bench.map(1, 11)], &bench)
        try bench.wait(.seconds(90))
        #expect(bench.takeFlowMods(id) == [])
        #expect(try bench.has(id).role == .master)
        guard case .pass(virtual, 11, _, _) = bench.core.packetIn(Self.packet(), from: id, at: bench.now)
        else {
            throw Unexpected("packets do not pass")
        }
        try Self.say([Bench.flow("12.0.0.0/8")], &bench)
        #expect(bench.takeFlowMods(id).count == 1)
    }

    @Test func whatTheFormerMasterLeftUndoneIsDone() throws {
        var bench = Bench(grants: false)
        var fake = try Self.filled()
        fake.set(FakeSwitch.FlowID(.any, 7), FakeSwitch.Flow(actions: []))
        let id = try bench.connect(fake)
        try Self.say([Bench.grant()] + Self.words + [Bench.flow("12.0.0.0/8")], &bench)
        #expect(Set(bench.takeFlowMods(id).map(\.command)) == [.add, .deleteStrict])
        #expect(try bench.has(id).flows.count == 8)
    }

    @Test func aMasterThatIsReleasedForgetsEverythingAndDeletesNothing() throws {
        var (bench, id, virtual) = try Self.master()
        let before = try bench.has(id).flows
        try bench.withdraw(Self.key)
        try bench.wait(.seconds(300))
        #expect(bench.takeFlowMods(id) == [])
        #expect(try bench.has(id).flows == before)
        #expect(try bench.has(virtual).portMods == [])
        #expect(try bench.has(id).role == .slave)
        #expect(bench.core.datapaths[Bench.datapath]?.table.size == 0)
        #expect(bench.core.shuttle.maps.datapathPorts == [])
        let late = FakeSwitch.FlowID(OpenFlow10.Match(dlType: .ipv4), 5)
        bench.switches[id]?.set(late, FakeSwitch.Flow(actions: []))
        try bench.wait(.seconds(300))
        #expect(try bench.has(id).flows[late] != nil, "nor does it look after the switch")
    }

    @Test func aGrantThatAWholeStateDoesNotNameIsOver() throws {
        var (bench, id, virtual) = try Self.master()
        bench.server.restart(at: bench.now)
        try bench.say(Bench.map(1, 11, by: 1))
        try bench.wait(.seconds(10))
        #expect(!bench.core.isMaster(of: Bench.datapath))
        #expect(bench.takeFlowMods(id) == [])
        #expect(try bench.has(virtual).portMods == [])
    }

    @Test func aGrantIsKeptWhileRFServerIsAwayAndWhileItSaysItsStateAgain() throws {
        var (bench, id, _) = try Self.master()
        bench.isServerAway = true
        try bench.wait(.seconds(60))
        #expect(bench.core.isMaster(of: Bench.datapath))
        bench.isServerAway = false
        bench.server.restart(at: bench.now)
        for message in [Bench.grant()] + Self.words + [Bench.map(1, 11)] { bench.server.say(message) }
        try bench.wait(.seconds(3))
        #expect(bench.core.isMaster(of: Bench.datapath))
        #expect(bench.takeFlowMods(id) == [])
        #expect(
            try !bench.has(id).received.contains { Self.isReading($0.message) },
            "nothing has to be read again")
    }

    private static func isReading(_ message: OpenFlow10.Message) -> Bool {
        if case .statsRequest(.flow) = message { true } else { false }
    }

    /// The withdrawal of a grant and the next grant share one key, so that only the last word may arrive.
    @Test func aGrantOfAnotherTurnHasTheSwitchReadAgain() throws {
        var (bench, id, _) = try Self.master()
        let route = try #require(try bench.has(id).flows.keys.first { $0.priority == 0x8010 })
        bench.switches[id]?.set(route, nil)
        try bench.say(Bench.grant(turn: 1))
        #expect(try bench.has(id).flows.count == 7)
        #expect(bench.takeFlowMods(id).map(\.command) == [.add])
    }

    /// Its window was closed while the switch was another's: only the last word on each key comes through. And again.
    @Test func whatWasWithdrawnWhileAnotherWasTheMasterIsNotWantedAnyMore() throws {
        var (bench, id, _) = try Self.master()
        for (turn, prefix) in zip([1, 2, 3] as [Int64], ["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8"]) {
            let before = try bench.has(id).flows.count
            let route = try #require(
                try bench.has(id).flows.keys.first {
                    $0.priority == 0x8010 && $0.match.nwDst?.description == prefix
                })
            bench.server.withdrawElsewhere(try #require(Bench.flow(prefix).key))
            bench.switches[id]?.set(route, nil)
            bench.switches[id]?.forgetMessages()
            try bench.say(Bench.grant(turn: turn))
            try bench.wait(.seconds(5))
            #expect(try bench.has(id).flows.count == before - 1)
            #expect(bench.takeFlowMods(id) == [], "not for a moment")
            #expect(try bench.has(id).role == .master)
            if turn == 1 {
                try bench.say(Bench.flow("12.0.0.0/8"))
                #expect(bench.takeFlowMods(id).map(\.command) == [.add])
            }
        }
    }

    @Test func anAnswerThatIsLateByAGrantIsNotTakenForAnother() throws {
        var (bench, id, _) = try Self.master()
        bench.switches[id]?.answersBarriers = false
        try bench.say(Bench.flow("12.0.0.0/8"))
        let barrier = try #require(try bench.has(id).received.last { $0.message == .barrierRequest })
        try bench.withdraw(Self.key)
        try Self.say([Bench.grant(turn: 2)] + Self.words + [Bench.flow("13.0.0.0/8")], &bench)
        let flight = try #require(bench.core.datapaths[Bench.datapath]?.table.flight.messages.count)
        #expect(flight > 0)
        try bench.deliver(FakeSwitch.bytes(barrier.xid, .barrierReply), from: id)
        let refusal = OpenFlow10.ErrorMessage(code: .allTablesFull, data: ByteBuffer())
        try bench.deliver(FakeSwitch.bytes(barrier.xid - 1, .error(refusal)), from: id)
        #expect(bench.core.datapaths[Bench.datapath]?.table.flight.messages.count == flight)
        #expect(bench.core.datapaths[Bench.datapath]?.table.refused.isEmpty == true)
    }

    @Test func refusalsAreWithdrawnByAMasterThatIsReleased() throws {
        var bench = Bench(grants: false)
        try Self.say([Bench.grant()] + Self.words, &bench)
        var fake = FakeSwitch(Bench.datapath, ports: 3)
        fake.capacity = 3
        try bench.connect(fake)
        try bench.settle()
        func errors() -> Int {
            bench.server.table.keys.count { if case .flowError = $0 { true } else { false } }
        }
        #expect(errors() > 0)
        try bench.withdraw(Self.key)
        #expect(errors() == 0)
    }

    @Test func aGrantOfAnotherRFProxyIsNobodysHere() throws {
        var (bench, id, _) = try Self.master()
        try bench.withdraw(Self.key)
        try bench.say(Bench.grant(to: 1), Bench.flow("12.0.0.0/8"))
        #expect(!bench.core.isMaster(of: Bench.datapath))
        #expect(bench.takeFlowMods(id) == [])
    }

    // MARK: Virtual ports

    /// The known bug: it raised what another one had taken down.
    @Test func aRestartedRFProxyLeavesAnothersVirtualPortsAsTheyAre() throws {
        var bench = Bench(grants: false)
        var virtual = FakeSwitch(Bench.virtualSwitch, ports: 12)
        for number in [11, 12] as [UInt16] {
            virtual.ports[number] = FakeSwitch.port(number, of: Bench.virtualSwitch, config: .portDown)
        }
        let id = try bench.connect(virtual)
        try Self.say([Bench.map(1, 11, by: 1)], &bench)
        #expect(try bench.has(id).ports[11]?.config.contains(.portDown) == true)
        #expect(try bench.has(id).ports[12]?.config.contains(.portDown) == false, "this one is nobody's")
        try bench.withdraw(.portMap(Bench.datapath, 1))
        #expect(try bench.has(id).ports[11]?.config.contains(.portDown) == false, "now it is nobody's")
    }

    @Test func aMapThatMovesToAnotherIsPartedWithoutRaisingThePort() throws {
        var (bench, datapath, virtual) = try Self.master()
        let port = FakeSwitch.port(1, of: Bench.datapath, state: .linkDown)
        if let bytes = bench.switches[datapath]?.change(port: port) {
            try bench.deliver(bytes, from: datapath)
        }
        #expect(try bench.has(virtual).ports[11]?.config.contains(.portDown) == true)
        bench.switches[virtual]?.forgetMessages()
        try bench.say(Bench.map(1, 11, by: 1))
        try bench.withdraw(Self.key)
        #expect(try bench.has(virtual).portMods == [])
        guard case .drop(nil) = bench.core.packetIn(Self.packet(), from: datapath, at: bench.now) else {
            return  // the first drop of its kind has a line
        }
        #expect(bench.core.shuttle.drops["packet that another rfproxy passes on"] != nil)
    }

    @Test func aMapThatComesBeforeItsGrantIsTakenUpWithIt() throws {
        var bench = Bench(grants: false)
        let datapath = try bench.connect(FakeSwitch(Bench.datapath, ports: 3))
        let virtual = try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 12))
        let port = FakeSwitch.port(1, of: Bench.datapath, state: .linkDown)
        if let bytes = bench.switches[datapath]?.change(port: port) {
            try bench.deliver(bytes, from: datapath)
        }
        try bench.say(Bench.map(1, 11))
        #expect(try bench.has(virtual).portMods == [])
        try bench.say(Bench.grant())
        #expect(try bench.has(virtual).ports[11]?.config.contains(.portDown) == true)
    }

    // MARK: Two that believe to be the master

    /// It does not hear rfserver any more, but the switch does hear it. The other one is the master by now.
    @Test func aFormerMasterThatHearsNothingFightsForNothing() throws {
        var (bench, id, _) = try Self.master()
        bench.isServerAway = true
        try bench.wait(.seconds(10))
        bench.switches[id]?.role = .slave
        let route = try #require(try bench.has(id).flows.keys.first { $0.priority == 0x8010 })
        if let bytes = bench.switches[id]?.remove(route) { try bench.deliver(bytes, from: id) }
        bench.switches[id]?.forgetMessages()
        try bench.wait(.seconds(300))
        #expect(try bench.has(id).flows.count == 6, "the switch refuses its flow mods")
        #expect(try bench.has(id).role == .slave)
        #expect(try bench.has(id).received.allSatisfy { $0.message.requestedRole == nil })
    }

    /// A former master that stood still may handle an old grant before it handles its end.
    @Test func aMasterWhoseSwitchWasClaimedByALateOneTakesItBack() throws {
        var (bench, id, _) = try Self.master()
        try bench.wait(.seconds(10))
        bench.switches[id]?.role = .slave
        try bench.say(Bench.flow("12.0.0.0/8"))
        try bench.wait(.seconds(10))
        #expect(try bench.has(id).role == .master)
        #expect(try bench.has(id).flows.count == 8)
        bench.switches[id]?.role = .slave
        for _ in 0..<10 { try bench.wait(.seconds(1)) }  // rfserver is heard between
        #expect(try bench.has(id).role == .master, "also without anything to write")
        let errors = bench.server.table.keys.count { if case .flowError = $0 { true } else { false } }
        #expect(errors == 0)
    }

    @Test func aSwitchThatKnowsNoRolesIsAskedForNone() throws {
        var bench = Bench(grants: false)
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 3, isOpenVSwitch: false))
        try Self.say([Bench.grant()] + Self.words, &bench)
        try bench.withdraw(Self.key)
        try bench.wait(.seconds(60))
        let vendors = try bench.has(id).received.filter {
            if case .vendor = $0.message { true } else { false }
        }
        #expect(vendors.isEmpty)
    }
}
