import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// Peers that only connect: bounded, and never at a switch's expense.
@Suite struct StrangerTests {
    private func isLogged(_ bench: Bench, _ reason: String) -> Bool {
        bench.log.contains { $0.ids["reason"]?.hasPrefix(reason) ?? false }
    }

    @Test func ofTooManyFromOneAddressTheOldestGoes() throws {
        var bench = Bench()
        let ids = try (0..<1000).map { _ in try bench.come(from: "127.0.0.1") }
        #expect(bench.strangers == ProxyCore.mostStrangersOfSource)
        #expect(ids.suffix(ProxyCore.mostStrangersOfSource).allSatisfy { bench.isHere($0) })
        #expect(bench.closed.count == 1000 - ProxyCore.mostStrangersOfSource)
        #expect(isLogged(bench, "was the oldest of too many from one address"))
        // 936 times the same: at the 1st, 2nd, 4th ... time there is a line.
        #expect(bench.log.count == 10)
    }

    @Test func ofTooManyInAllOneOfTheLargestCrowdGoes() throws {
        var bench = Bench()
        let first = try bench.come(from: "198.51.100.1")
        for number in 0..<1000 { try bench.come(from: "192.0.2.\(number % 5)") }
        #expect(bench.strangers == ProxyCore.mostStrangers)
        #expect(bench.isHere(first))
        #expect(isLogged(bench, "was the oldest of too many"))
    }

    @Test func theAddressesOfAnIPv6NetworkAreOne() throws {
        var bench = Bench()
        for number in 1...200 { try bench.come(from: "2001:db8::\(String(number, radix: 16))") }
        #expect(bench.strangers == ProxyCore.mostStrangersOfSource)
        try bench.come(from: "2001:db8:0:1::1")
        #expect(bench.strangers == ProxyCore.mostStrangersOfSource + 1)
    }

    @Test func aSwitchGetsInThroughACrowdAndStays() throws {
        var bench = Bench()
        for _ in 0..<500 { try bench.come(from: "127.0.0.1") }
        let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        for _ in 0..<500 { try bench.come(from: "127.0.0.1") }
        try bench.settle()
        let isHere = bench.isHere(id)
        let join = bench.server.table[.datapath(Bench.datapath)]
        #expect(isHere)
        #expect(join != nil)
    }

    @Test func aSwitchOverWhichNothingIsRoutedHasNoMoreFlowsThanAreWorthReading() throws {
        var settings = ProxySettings()
        settings.mostIdleFlows = 5000
        var bench = Bench(settings)
        let stranger = try bench.connect(FakeSwitch(DatapathID(rawValue: 66), ports: 2))
        let routed = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        try bench.say(.tableComplete(TableComplete(dpID: DatapathID(rawValue: 66))))
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        for number in 1...UInt16(9000) {
            let id = FakeSwitch.FlowID(OpenFlow10.Match(inPort: .init(rawValue: number)), 1)
            for session in [stranger, routed] {
                bench.switches[session]?.set(id, FakeSwitch.Flow(actions: []))
            }
        }
        try bench.wait(.seconds(61))
        let (isStrangerHere, isRoutedHere) = (bench.isHere(stranger), bench.isHere(routed))
        #expect(!isStrangerHere && isRoutedHere)
        #expect(isLogged(bench, "has too many flows"))
    }

    /// A switch that says that it has flows which none of ours can be, and neither deletes them nor says so.
    private func hoarder(_ datapath: UInt64, flows: UInt16) -> FakeSwitch {
        var fake = FakeSwitch(DatapathID(rawValue: datapath), ports: 2)
        fake.refusesDeletions = true
        fake.answersBarriers = false
        for number in 1...flows {
            fake.set(.init(.init(inPort: .init(rawValue: number)), 1), .init(actions: []))
        }
        return fake
    }

    @Test func flowsThatWaitForTheirDeletionCount() throws {
        var settings = ProxySettings()
        settings.mostIdleFlows = 5000
        var bench = Bench(settings)
        let datapaths: [UInt64] = [66, 67, 68]
        let ids = try zip(datapaths, [2000, 3000, 1000] as [UInt16]).map { datapath, size in
            let id = try bench.connect(hoarder(datapath, flows: size))
            try bench.say(.tableComplete(TableComplete(dpID: DatapathID(rawValue: datapath))))
            return id
        }
        let areHere = ids.map { bench.isHere($0) }
        #expect(areHere == [true, false, true])
    }

    @Test func aFlowIsDeletedOnceHoweverOftenItIsRead() throws {
        var bench = Bench()
        let datapath = DatapathID(rawValue: 66)
        let id = try bench.connect(hoarder(66, flows: 10_000))
        try bench.say(.tableComplete(TableComplete(dpID: datapath)))
        let sent = bench.takeFlowMods(id).count
        #expect(sent > 7000 && sent <= 8000, "as far as the window goes")
        try bench.wait(.seconds(300))
        let again = bench.takeFlowMods(id).count
        #expect(again == 0)
        #expect(bench.core.datapaths[datapath]?.table.size == 10_000)
        let isBlamed = bench.log.contains { $0.message.hasPrefix("somebody else has changed") }
        #expect(!isBlamed)
    }

    @Test func beforeRfserverHasSaidAllFlowsOfIdleSwitchesAreBoundedAsWell() throws {
        var settings = ProxySettings()
        settings.mostIdleFlows = 5000
        var bench = Bench(settings)
        try bench.say(Bench.map(1, 11))
        // It has most, but has a VM, whose routes may yet come.
        let needed = try bench.connect(hoarder(Bench.datapath.rawValue, flows: 4000))
        let ids = try (0..<3).map { number in
            try bench.connect(hoarder(UInt64(66 + number), flows: UInt16(2000 + number)))
        }
        try bench.settle()
        #expect(bench.closed.count == 1 && bench.closed.isSubset(of: ids))
        let isHere = bench.isHere(needed)
        #expect(isHere)
    }

    @Test func aForeignFlowThatASwitchKeepsCountsAndIsBlamedOnNobody() throws {
        var bench = Bench()
        let datapath = DatapathID(rawValue: 66)
        var fake = hoarder(66, flows: 10)
        fake.answersBarriers = true
        let id = try bench.connect(fake)
        try bench.say(.tableComplete(TableComplete(dpID: datapath)))
        #expect(bench.takeFlowMods(id).count == 10)
        try bench.wait(.seconds(300))
        let isBlamed = bench.log.contains { $0.message.hasPrefix("somebody else has changed") }
        #expect(!isBlamed)
        #expect(bench.core.datapaths[datapath]?.table.size == 10)
        #expect((40...50).contains(bench.takeFlowMods(id).count), "tried again at each audit")
        bench.switches[id]?.refusesDeletions = false
        try bench.wait(.seconds(61))
        #expect(try bench.has(id).flows.isEmpty)
        #expect(bench.core.datapaths[datapath]?.table.size == 0)
    }

    @Test func thatAllIsSaidSaidAgainChangesNothing() throws {
        var bench = Bench()
        var fake = FakeSwitch(Bench.datapath, ports: 2)
        fake.refusesDeletions = true
        let match = OpenFlow10.Match(
            dlDst: Bench.router, dlVLAN: OpenFlow10.Match.untagged, dlType: .ipv4,
            nwDst: OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0x0A00_0000), length: 8))
        fake.set(.init(match, 0x8000 + 16), .init(actions: [.output(2)]))
        let id = try bench.connect(fake)
        try bench.say(Bench.complete)
        #expect(bench.takeFlowMods(id).count == 1)
        for _ in 0..<5 { try bench.say(Bench.complete) }
        #expect(bench.takeFlowMods(id).isEmpty)
    }

    @Test func linesOfSwitchesOverWhichNothingIsRoutedTakeNoneOfTheOthers() throws {
        var bench = Bench()
        let routed = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        for number in 0..<3000 {
            let id = try bench.connect(FakeSwitch(DatapathID(rawValue: UInt64(1000 + number)), ports: 1))
            _ = try bench.disconnect(id)
        }
        #expect(bench.log.contains { $0.message == "left out a line: too much happens to switches" })
        _ = try bench.disconnect(routed)
        #expect(bench.log.contains { $0.message == "switch disconnected" })
    }

    @Test func eachReasonIsToldHoweverOftenAnotherWas() throws {
        var bench = Bench()
        for _ in 0..<1000 { try bench.come(from: "127.0.0.1") }
        try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 2), from: "192.0.2.1")
        #expect(isLogged(bench, "claims to be a virtual switch from where none may be (--rfvs-from)"))
    }

    @Test func whoSaysHelloAndNoMoreIsGivenUpAsSoon() throws {
        var bench = Bench()
        let id = try bench.come(from: "127.0.0.1")
        try bench.wait(.seconds(9))
        try bench.deliver(FakeSwitch.bytes(1, .hello), from: id)
        // Nor does talk prolong it.
        try bench.deliver(FakeSwitch.bytes(2, .echoRequest(ByteBuffer())), from: id)
        try bench.wait(.seconds(1))
        #expect(bench.closed == [id])
        #expect(isLogged(bench, "took too long to introduce itself"))
    }

    @Test func aSwitchThatComesAndGoesDoesNotFillTheLog() throws {
        var bench = Bench()
        let port = FakeSwitch.port(1, of: Bench.datapath)
        for _ in 0..<700 {
            let id = try bench.connect(FakeSwitch(Bench.datapath, ports: 1))
            for state in [OpenFlow10.PortState.linkDown, []] {
                var port = port
                port.state = state
                if let bytes = bench.switches[id]?.change(port: port) { try bench.deliver(bytes, from: id) }
            }
            try bench.disconnect(id)
        }
        #expect(bench.log.count < 2100)
        #expect(bench.log.contains { $0.message.hasPrefix("left out a line") })
    }

    // MARK: Datapaths without end

    @Test func flowsThatASwitchSaysItHasMakeItNoneThatIsNeeded() throws {
        var bench = Bench()
        try bench.settle()  // the flows of a switch that is not granted are not read
        var fake = FakeSwitch(Bench.datapath, ports: 2)
        let match = OpenFlow10.Match(
            dlDst: Bench.router, dlVLAN: OpenFlow10.Match.untagged, dlType: .ipv4,
            nwDst: OpenFlow10.IPv4Prefix(IPv4Address(rawValue: 0x0A00_0000), length: 8))
        fake.set(.init(match, 0x8000 + 16), .init(actions: [.output(2)]))
        let id = try bench.connect(fake)
        #expect(bench.core.datapaths[Bench.datapath]?.table.size == 1)
        #expect(bench.core.datapaths[Bench.datapath]?.table.hasRoutes == false)
        try bench.disconnect(id)
        #expect(bench.core.datapaths.isEmpty)
    }

    @Test func aSwitchThatIsNeededTakesThePlaceOfOneThatIsNot() throws {
        var bench = Bench()
        let ids = try (0..<ProxyCore.mostSwitches).map { number in
            try bench.connect(FakeSwitch(DatapathID(rawValue: UInt64(1000 + number)), ports: 1))
        }
        #expect(bench.closed.isEmpty)
        let virtual = try bench.connect(FakeSwitch(Bench.virtualSwitch, ports: 1))
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        let needed = try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        #expect(bench.closed == Set(ids.prefix(2)))
        #expect(try bench.has(needed).flows.count == 1)
        #expect(try bench.has(virtual).ports.count == 1)
        // Those that come after it take each other's place.
        for number in 0..<10 {
            try bench.connect(FakeSwitch(DatapathID(rawValue: UInt64(5000 + number)), ports: 1))
        }
        #expect(bench.closed == Set(ids.prefix(12)))
        #expect(bench.core.datapaths.count <= ProxyCore.mostSwitches)
    }

    @Test func portsOfSwitchesOverWhichNothingIsRoutedAreBoundedTogether() throws {
        var bench = Bench()
        let routed = try bench.connect(FakeSwitch(Bench.datapath, ports: 1000))
        try bench.say(Bench.flow("10.0.0.0/8"), Bench.complete)
        let fit = ProxyCore.mostIdlePorts / 1000
        let ids = try (0..<fit).map { number in
            try bench.connect(FakeSwitch(DatapathID(rawValue: UInt64(1000 + number)), ports: 1000))
        }
        #expect(bench.closed.isEmpty)
        let last = try bench.connect(FakeSwitch(DatapathID(rawValue: 99), ports: 1000))
        #expect(bench.closed == Set(ids.prefix(1)))
        // Nor do they get more by and by.
        for number in 1001...UInt16(2000) {
            let port = FakeSwitch.port(number, of: DatapathID(rawValue: 99))
            if let bytes = bench.switches[last]?.change(port: port) { try bench.deliver(bytes, from: last) }
        }
        try bench.wait(.seconds(1))
        let (isRoutedHere, isLastHere) = (bench.isHere(routed), bench.isHere(last))
        #expect(bench.closed == Set(ids.prefix(2)))
        #expect(isRoutedHere && isLastHere)
        let isTold = isLogged(bench, "made room for the ports of others")
        #expect(isTold)
    }

    @Test func ofTooManyPortsThoseOfTheLargestCrowdGo() throws {
        var bench = Bench()
        try bench.settle()
        let first = try bench.connect(FakeSwitch(Bench.datapath, ports: 1000), from: "198.51.100.1")
        for number in 0..<300 {
            let fake = FakeSwitch(DatapathID(rawValue: UInt64(1000 + number)), ports: 1000)
            try bench.connect(fake, from: "192.0.2.\(number % 2)")
        }
        let isHere = bench.isHere(first)
        #expect(isHere)
        #expect(bench.closed.count == 301 - ProxyCore.mostIdlePorts / 1000)
    }

    @Test func rfserverIsToldOfSwitchesThatNobodyKnowsBitByBit() throws {
        var bench = Bench()
        try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        for number in 0..<100 {
            try bench.connect(FakeSwitch(DatapathID(rawValue: UInt64(1000 + number)), ports: 1000))
        }
        try bench.settle()
        #expect(bench.announcedPorts > 16_000 && bench.announcedPorts < 20_000)
        try bench.wait(.seconds(10))
        #expect(bench.announcedPorts > 40_000 && bench.announcedPorts < 45_000)
        // One that is needed does not wait until it is its turn.
        let last = DatapathID(rawValue: 1099)
        #expect(bench.server.table[.datapath(last)] == nil)
        try bench.say(.portMap(PortMap(dpID: last, dpPort: 1, vsID: Bench.virtualSwitch, vsPort: 1)))
        try bench.wait(.seconds(1))
        #expect(bench.server.table[.datapath(last)] != nil)
        try bench.wait(.seconds(60))
        #expect(bench.announcedPorts == 100_002)
    }

    @Test func aSwitchThatNobodyKnowsWaitsForNoneOfAnotherAddress() throws {
        var bench = Bench()
        for number in 0..<120 {
            let fake = FakeSwitch(DatapathID(rawValue: UInt64(1000 + number)), ports: 1000)
            try bench.connect(fake, from: "192.0.2.1")
        }
        try bench.connect(FakeSwitch(Bench.datapath, ports: 2), from: "198.51.100.1")
        let port = FakeSwitch.port(3, of: Bench.datapath)
        // Others come from there all the while.
        for number in 0..<10 {
            try bench.wait(.milliseconds(300))
            let fake = FakeSwitch(DatapathID(rawValue: UInt64(2000 + number)), ports: 1000)
            try bench.connect(fake, from: "192.0.2.1")
            if number == 5, let id = bench.core.datapaths[Bench.datapath]?.session,
                let bytes = bench.switches[id]?.change(port: port)
            {
                #expect(bench.server.table[.datapath(Bench.datapath)] != nil)
                try bench.deliver(bytes, from: id)
            }
        }
        guard case .datapathJoin(let join)? = bench.server.table[.datapath(Bench.datapath)] else {
            Issue.record("it is not known")
            return
        }
        #expect(join.ports.map(\.dpPort) == [1, 2, 3], "what is new about it is told as well")
    }

    @Test func portsThatFlapKeepNoSwitchFromBeingKnown() throws {
        var bench = Bench()
        let flapping = DatapathID(rawValue: 66)
        let id = try bench.connect(FakeSwitch(flapping, ports: 1300))
        func flap() throws {
            for state in [OpenFlow10.PortState.linkDown, []] {
                var port = FakeSwitch.port(1, of: flapping)
                port.state = state
                if let bytes = bench.switches[id]?.change(port: port) { try bench.deliver(bytes, from: id) }
                try bench.wait(.milliseconds(100))
            }
        }
        for _ in 0..<50 { try flap() }
        try bench.connect(FakeSwitch(Bench.datapath, ports: 2))
        for _ in 0..<5 { try flap() }
        #expect(bench.server.table[.datapath(Bench.datapath)] != nil)
    }

    @Test func beforeRfserverHasSpokenThoseThatAreThereStay() throws {
        var bench = Bench()
        bench.isServerAway = true
        let ids = try (0..<150).map { number in
            try bench.connect(FakeSwitch(DatapathID(rawValue: UInt64(1000 + number)), ports: 1000))
        }
        #expect(bench.closed == Set(ids.suffix(150 - ProxyCore.mostIdlePorts / 1000)))
    }

    @Test func ofThoseThatHaveTooManyFlowsTogetherTheOneWithMostGoes() throws {
        var settings = ProxySettings()
        settings.mostIdleFlows = 5000
        var bench = Bench(settings)
        var ids: [SessionID] = []
        for (index, size) in [900, 4000, 300].enumerated() {
            let datapath = DatapathID(rawValue: UInt64(66 + index))
            ids.append(try bench.connect(FakeSwitch(datapath, ports: 2)))
            try bench.say(.tableComplete(TableComplete(dpID: datapath)))
            // The first parts of an answer.
            let isAsked = bench.core.datapaths[datapath]?.table.beginAudit()
            #expect(isAsked == true)
            let flows = (1...UInt16(size)).map { number in
                OpenFlow10.FlowStats(
                    match: OpenFlow10.Match(inPort: .init(rawValue: number)), priority: 1, cookie: 0,
                    actions: [])
            }
            bench.core.audited(flows, of: datapath, isLast: false, at: bench.now)
        }
        let effects = bench.core.conclude(at: bench.now)
        #expect(effects.contains(.close(ids[1])))
        let areHere = ids.map { bench.isHere($0) }
        #expect(areHere == [true, false, true])
    }
}

extension Bench {
    fileprivate func isHere(_ id: SessionID) -> Bool { core.sessions[id] != nil }

    fileprivate var announcedPorts: Int {
        server.table.values.reduce(0) { sum, message in
            if case .datapathJoin(let join) = message { sum + join.ports.count } else { sum }
        }
    }

    fileprivate var strangers: Int { core.sessions.values.count { $0.datapath == nil } }
}
