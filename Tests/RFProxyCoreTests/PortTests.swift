import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// Ports of datapaths and of virtual switches that belong together.
@Suite struct PortTests {
    private struct Pair {
        var bench = Bench()
        var datapath: SessionID
        var virtual: SessionID

        init(_ maps: [RFMessage] = [Bench.map(1, 11)]) throws {
            datapath = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
            virtual = try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 12))
            for map in maps { try bench.say(map) }
        }

        mutating func change(_ number: UInt16, _ state: OpenFlow10.PortState) throws {
            let port = FakeSwitch.port(number, of: Bench.datapath, state: state)
            if let bytes = bench.switches[datapath]?.change(port: port) {
                try bench.deliver(bytes, from: datapath)
            }
        }

        var portMods: [OpenFlow10.PortMod] { bench.switches[virtual]?.portMods ?? [] }

        func isDown(_ number: UInt16) -> Bool? {
            bench.switches[virtual]?.ports[number]?.config.contains(.portDown)
        }
    }

    /// Trap 19: link state was unseen.
    @Test func aMappedPortThatLosesItsLinkTakesTheVirtualPortDownAndUpAgain() throws {
        var pair = try Pair()
        try pair.change(1, .linkDown)
        #expect(pair.isDown(11) == true)
        try pair.change(1, [])
        #expect(pair.isDown(11) == false)
        #expect(pair.portMods.count == 2)
        #expect(pair.portMods.allSatisfy { $0.mask == .portDown })
    }

    @Test func aPortThatIsNotMappedChangesNothing() throws {
        var pair = try Pair()
        try pair.change(2, .linkDown)
        #expect(pair.portMods.isEmpty)
    }

    @Test func aPortThatIsDownWhenItIsMappedTakesTheVirtualPortDown() throws {
        var pair = try Pair([])
        try pair.change(1, .linkDown)
        try pair.bench.say(Bench.map(1, 11))
        #expect(pair.isDown(11) == true)
        try pair.bench.withdraw(.portMap(Bench.datapath, 1))
        #expect(pair.isDown(11) == false, "or its VM could never announce itself again")
    }

    @Test func whatChangedWhileAVirtualSwitchWasAwayIsSetRightAtItsConnect() throws {
        var pair = try Pair()
        let away = try pair.bench.disconnect(pair.virtual)
        try pair.change(1, .linkDown)
        pair.virtual = try pair.bench.connect(away)
        #expect(pair.isDown(11) == true)
    }

    /// It could not be told while it was away that the port is mapped no longer, and the VM announces itself only by ports
    /// that are up.
    @Test func aPortThatLostItsMapWhileItsVirtualSwitchWasAwayComesUp() throws {
        var pair = try Pair()
        try pair.change(1, .linkDown)
        #expect(pair.isDown(11) == true)
        let away = try pair.bench.disconnect(pair.virtual)
        try pair.bench.withdraw(.portMap(Bench.datapath, 1))
        pair.virtual = try pair.bench.connect(away)
        #expect(pair.isDown(11) == false)
    }

    @Test func aPortThatIsDownStaysSoUntilRFServerHasSaidAllMaps() throws {
        var pair = try Pair()
        try pair.change(1, .linkDown)
        let (datapath, virtual) = (try pair.bench.has(pair.datapath), try pair.bench.has(pair.virtual))
        var bench = Bench()
        bench.isServerAway = true
        try bench.connect(datapath)
        let id = try bench.connect(virtual)
        bench.switches[id]?.forgetMessages()
        bench.isServerAway = false
        try bench.say(Bench.map(1, 11))
        #expect(try bench.has(id).portMods.isEmpty, "neither up nor down again")
        #expect(try bench.has(id).ports[11]?.config.contains(.portDown) == true)
    }

    @Test func aDatapathThatIsAwayLeavesTheVirtualPortAsItIs() throws {
        var pair = try Pair()
        try pair.bench.disconnect(pair.datapath)
        #expect(pair.isDown(11) == false)
        var again = FakeSwitch(Bench.datapath, ports: 2)
        again.ports[1] = nil
        try pair.bench.connect(again)
        #expect(pair.isDown(11) == true, "the port does not exist any more")
    }

    @Test func mapsStayWhileRFServerResyncsAndGoAtItsEndIfNotNamed() throws {
        var pair = try Pair([Bench.map(1, 11), Bench.map(2, 12)])
        pair.bench.isServerAway = true
        try pair.change(1, .linkDown)
        #expect(pair.isDown(11) == true)
        pair.bench.isServerAway = false
        pair.bench.server.restart(at: pair.bench.now)
        try pair.bench.say(Bench.map(2, 12))
        #expect(pair.bench.core.shuttle.maps[PortID(Bench.datapath, 1)] == nil)
        #expect(pair.bench.core.shuttle.maps[PortID(Bench.datapath, 2)] == PortID(Bench.virtualSwitch, 12))
        #expect(pair.isDown(11) == false)
    }

    @Test func aVirtualPortBelongsToTheLastOneThatItWasMappedTo() throws {
        var pair = try Pair([Bench.map(1, 11)])
        try pair.bench.say(Bench.map(2, 11))
        let maps = pair.bench.core.shuttle.maps
        #expect(maps[PortID(Bench.datapath, 1)] == nil)
        #expect(maps[PortID(Bench.virtualSwitch, 11)] == PortID(Bench.datapath, 2))
        #expect(pair.isDown(11) == false)
    }

    // MARK: Claims

    private static func claim(_ bytes: some Sequence<UInt8>, port: UInt16) -> OpenFlow10.Message {
        let data = ByteBuffer(bytes: bytes)
        return .packetIn(
            OpenFlow10.PacketIn(
                totalLength: UInt16(data.readableBytes), inPort: OpenFlow10.PortNumber(rawValue: port),
                reason: .noMatch, data: data))
    }

    private static let frame = MappingFrame(source: Bench.router, vmID: Bench.vm, vmPort: 1, token: 42)

    @Test func aClaimReachesRFServerAndIsForgottenWithItsPort() throws {
        var pair = try Pair()
        let key = RFKey.vmMap(Bench.virtualSwitch, 11)
        try pair.bench.deliver(Self.claim(Self.frame.bytes, port: 11), from: pair.virtual)
        try pair.bench.settle()
        guard case .vmMap(let map) = pair.bench.server.table[key] else { throw Unexpected(key) }
        #expect(map.vmID == Bench.vm && map.vmPort == 1 && map.token == 42)
        let port = FakeSwitch.port(11, of: Bench.virtualSwitch)
        if let bytes = pair.bench.switches[pair.virtual]?.change(.delete, port: port) {
            try pair.bench.deliver(bytes, from: pair.virtual)
        }
        try pair.bench.settle()
        #expect(pair.bench.server.table[key] == nil)
    }

    /// Trap 22: mapping frames were accepted from any port of any switch, and short ones dereferenced null.
    @Test func aMappingFrameOfAnyLengthFromAHostPortChangesNothing() throws {
        var pair = try Pair()
        let before = pair.bench.server.table
        for length in 0...1514 {
            let padded = Self.frame.bytes + [UInt8](repeating: 0, count: 1514)
            let message = Self.claim(padded.prefix(length), port: 1)
            guard case .packetIn(let packet) = message else { throw Unexpected(message) }
            let verdict = pair.bench.core.packetIn(packet, from: pair.datapath, at: .start)
            guard case .drop = verdict else { throw Unexpected(verdict) }
            // The slow way, which the shell does not take, must not believe it either.
            try pair.bench.deliver(message, from: pair.datapath)
        }
        try pair.bench.settle()
        #expect(pair.bench.server.table == before)
        #expect(
            pair.bench.core.shuttle.drops["mapping frame from a port that is no virtual switch's"] == 1501)
    }

    @Test func aShortMappingFrameFromAVirtualSwitchIsCounted() throws {
        var pair = try Pair()
        for length in 14..<31 {
            guard case .packetIn(let packet) = Self.claim(Self.frame.bytes.prefix(length), port: 11) else {
                return
            }
            guard case .drop = pair.bench.core.packetIn(packet, from: pair.virtual, at: .start) else {
                throw Unexpected(length)
            }
        }
        #expect(pair.bench.core.shuttle.drops["mapping frame that makes no sense"] == 17)
    }

    // MARK: What rfserver is told

    private static func joins(in bench: Bench, since start: Int) -> [DatapathJoin] {
        bench.joins(since: start).filter { $0.dpID == Bench.datapath }
    }

    @Test func aPortThatChangesIsToldAtOnce() throws {
        var pair = try Pair()
        let before = pair.bench.told.count
        try pair.change(2, .linkDown)
        #expect(Self.joins(in: pair.bench, since: before).map { $0.ports.map(\.isUp) } == [[true, false]])
    }

    /// A stranger with 1300 ports had rfproxy tell all of them for each word on one: the routers' hellos came too late.
    @Test func portsThatChangeWithoutEndAreToldAFewTimesASecondAndRightInTheEnd() throws {
        var pair = try Pair()
        let before = pair.bench.told.count
        for number in 0..<401 {
            try pair.change(1, number.isMultiple(of: 2) ? .linkDown : [])
            if number.isMultiple(of: 2) { try pair.bench.wait(.milliseconds(1)) }
        }
        try pair.bench.wait(.seconds(1))
        let joins = Self.joins(in: pair.bench, since: before)
        #expect((8...16).contains(joins.count))
        #expect(joins.last?.ports.map(\.isUp) == [false, true])
    }
}
