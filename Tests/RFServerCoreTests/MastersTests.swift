import NetTypes
import RFLib
import RFTestKit
import Testing

@testable import RFServerCore

private let vmID = VMID(rawValue: 0x0200_0000_00A1)
private let otherVM = VMID(rawValue: 0x0200_0000_00A2)
private let dpID = DatapathID(rawValue: 5)
private let virtualSwitch = DatapathID.defaultVirtualSwitch
private let way = Forwarding(.route, port: 2, destination: MACAddress(rawValue: 0x0200_0000_0B02))

@Suite("Several rfproxies, one switch")
struct MastersTests {
    /// A switch that is connected to rfproxy 0 and rfproxy 1, and the VM behind it; both have the virtual switch too.
    private func twoProxies(mapping: MappingFile = MappingFile()) throws -> Scene {
        var scene = Scene(mapping: mapping)
        scene.proxies[1] = Speaker("rfproxy.1", epoch: 1, at: scene.now)
        scene.vms[vmID] = .vm(vmID, at: scene.now)
        scene.vms[vmID]?.route(vmID, "10.0.0.0/8", way)
        for ctID in [0, 1] as [Int32] {
            scene.proxies[ctID]?.join(dpID)
            scene.proxies[ctID]?.join(virtualSwitch, ports: 11...12, connection: 1)
            scene.settle()
        }
        let token = try #require(scene.vms[vmID]).token(of: vmID)
        for ctID in [0, 1] as [Int32] { scene.proxies[ctID]?.map(vmID, 1, at: 11, token: token) }
        scene.settle()
        return scene
    }

    private static func masters(_ scene: Scene) -> [Int32] {
        scene.proxies.keys.sorted().filter {
            scene.proxies[$0]?.replica[.datapathGrant(dpID, $0)] != nil
        }
    }

    private static func withdrawals(_ speaker: Speaker?) -> Int {
        (speaker?.heard ?? []).count { message in
            if case .flowMod(let flow) = message { flow.forwarding == nil } else { false }
        }
    }

    private static let mapping = """
        vm_id,vm_port,ct_id,dp_id,dp_port
        \(vmID),1,1,5,1
        \(vmID),2,1,5,2
        """

    @Test("the first one that has a switch is its master, and the other is told no flow of it")
    func oneMaster() throws {
        var scene = try twoProxies()
        scene.pass(.seconds(60))
        #expect(Self.masters(scene) == [0])
        #expect(scene.flows(on: dpID, of: vmID) == ["10.0.0.0/8": way])
        let kinds = Set((scene.proxies[1]?.heard ?? []).map(\.kind))
        #expect(kinds == [.portMap], "it has to know which virtual ports are another's")
        #expect(scene.core.table.entries.filter { $0.status == .idleDatapath }.isEmpty)
        #expect(scene.core.table[vmID, 1]?.datapath == RFEntry.DatapathPort(ctID: 0, dpID, 1))
    }

    @Test("the master dies: after 3 s of silence the switch is the other's, with its flows, ports and rows")
    func death() throws {
        var scene = try twoProxies()
        scene.pass(.seconds(20))
        scene.proxies[0] = nil
        scene.pass(.milliseconds(1900))
        #expect(Self.masters(scene) == [])
        scene.pass(.milliseconds(1600))
        #expect(Self.masters(scene) == [1])
        #expect(scene.flows(on: dpID, of: vmID, by: 1) == ["10.0.0.0/8": way])
        #expect(scene.proxies[1]?.replica[.tableComplete(dpID)] != nil)
        #expect(
            scene.proxies[1]?.replica[.portMap(dpID, 1)]
                == .portMap(PortMap(dpID: dpID, dpPort: 1, ctID: 1, vsID: virtualSwitch, vsPort: 11)))
        #expect(Self.withdrawals(scene.proxies[1]) == 0)
        #expect(scene.stored["vm/\(vmID)/1"]?.datapath == RFEntry.DatapathPort(ctID: 1, dpID, 1))
        #expect(scene.stored.count == 2, "no row is left behind")
    }

    @Test("a grant comes before all that is said of its datapath")
    func order() throws {
        var scene = try twoProxies()
        scene.proxies[1]?.forgetHeard()
        scene.proxies[0]?.say(.datapathLeave(DatapathLeave(dpID: dpID)))
        scene.settle()
        let kinds = (scene.proxies[1]?.heard ?? []).map(\.kind)
        #expect(kinds.first == .datapathGrant)
        #expect(kinds.last == .tableComplete)
        #expect(kinds.contains(.flowMod) && kinds.contains(.datapathConfig))
    }

    @Test(
        "the switch leaves its master: it is the other's at once, and the former one is not told to delete anything"
    )
    func leave() throws {
        var scene = try twoProxies()
        scene.proxies[0]?.forgetHeard()
        scene.proxies[0]?.say(.datapathLeave(DatapathLeave(dpID: dpID)))
        scene.settle()
        #expect(Self.masters(scene) == [1])
        #expect(Self.withdrawals(scene.proxies[0]) == 0)
        scene.proxies[0]?.join(dpID)
        scene.pass(.seconds(10))
        #expect(Self.masters(scene) == [1], "nobody prefers another")
    }

    @Test("of an idle switch that left with the life of an rfproxy nothing stays")
    func leftWithARestart() throws {
        var scene = try twoProxies()
        let idle = DatapathID(rawValue: 66)
        for ctID in [0, 1] as [Int32] { scene.proxies[ctID]?.join(idle) }
        scene.settle()
        let second = scene.proxies.removeValue(forKey: 1)
        scene.pass(.seconds(10))
        scene.proxies[0]?.say(.datapathLeave(DatapathLeave(dpID: idle)))
        scene.settle()
        #expect(second != nil)
        scene.proxies[1] = Speaker("rfproxy.1", epoch: 2, at: scene.now)
        scene.settle()
        #expect(!scene.core.table.entries.contains { $0.datapath?.dpID == idle })
    }

    @Test("the rfproxy that the mapping file names gets the switch, and gets it back")
    func preferred() throws {
        var scene = try twoProxies(mapping: try MappingFile(text: Self.mapping, name: "f"))
        #expect(Self.masters(scene) == [1])
        let speaker = scene.proxies[1]
        scene.pass(.seconds(10), silentProxies: [1])
        #expect(speaker?.replica.isEmpty == false)
        #expect(scene.proxies[0]?.replica[.datapathGrant(dpID, 0)] != nil)
        scene.proxies[0]?.forgetHeard()
        scene.pass(.seconds(5))
        #expect(Self.masters(scene) == [1])
        #expect(Self.withdrawals(scene.proxies[0]) == 0)
        guard case .datapathGrant(let grant) = scene.proxies[1]?.replica[.datapathGrant(dpID, 1)] else {
            Issue.record("no grant")
            return
        }
        #expect(grant.turn > 0, "it has to know that another one may have written meanwhile")
    }

    @Test("a silent rfproxy keeps a switch that no other has")
    func alone() throws {
        var scene = try twoProxies()
        scene.proxies[1]?.say(.datapathLeave(DatapathLeave(dpID: dpID)))
        scene.settle()
        scene.pass(.seconds(20), silentProxies: [0])
        #expect(Self.masters(scene) == [0])
        #expect(scene.core.network.proxies.masters[dpID] == 0)
        scene.proxies[0] = nil
        scene.proxies[1]?.join(dpID)
        scene.pass(.seconds(5))
        #expect(Self.masters(scene) == [1])
    }

    @Test("silence does not count while the database is away, nor after a pause of rfserver")
    func notToBlame() throws {
        var scene = try twoProxies()
        let both: Set<Int32> = [0, 1]
        scene.handle(.ipc(.proxies, .disconnected(reason: "no server")))
        scene.pass(.seconds(60), silentProxies: both)
        scene.handle(.ipc(.proxies, .connected))
        scene.pass(.milliseconds(2500), silentProxies: both)
        scene.pass(.seconds(5))
        #expect(Self.masters(scene) == [0])
        for pause in [2, 4, 10, 600] {
            scene.now = scene.now.advanced(by: .seconds(pause))  // SIGSTOP, SIGCONT
            scene.handle(.timePassed)
            scene.pass(.seconds(5))
            #expect(Self.masters(scene) == [0])
        }
        #expect(scene.proxies[1]?.heard.contains { $0.kind == .datapathGrant } == false)
    }

    @Test("a silent rfproxy that is heard again is a spare, and is told so")
    func heardAgain() throws {
        var scene = try twoProxies()
        scene.pass(.seconds(10), silentProxies: [0])
        scene.pass(.seconds(5))
        #expect(Self.masters(scene) == [1])
        #expect(Self.withdrawals(scene.proxies[0]) == 0)
    }

    // MARK: Restarts

    @Test("rfserver restarted: each switch keeps its master, whoever is heard first")
    func serverRestarts() throws {
        for master in [0, 1] as [Int32] {
            var scene = try twoProxies()
            if master == 1 {
                scene.proxies[0]?.say(.datapathLeave(DatapathLeave(dpID: dpID)))
                scene.settle()
                scene.proxies[0]?.join(dpID)
                scene.settle()
            }
            let silent = scene.proxies.removeValue(forKey: master)
            scene.restartServer()
            scene.pass(.seconds(2))
            #expect(Self.masters(scene) == [], "the other one alone has been heard")
            scene.proxies[master] = silent
            scene.proxies[master]?.forgetHeard()
            scene.pass(.seconds(20))
            #expect(Self.masters(scene) == [master])
            #expect(Self.withdrawals(scene.proxies[master]) == 0)
            #expect(scene.core.table[vmID, 1]?.datapath?.ctID == master)
        }
    }

    @Test(
        "rfserver restarted while the master is dead: the other gets the switch when nothing has been heard for 3 s"
    )
    func serverRestartsWithoutTheMaster() throws {
        var scene = try twoProxies()
        scene.proxies[0] = nil
        scene.restartServer()
        scene.pass(.seconds(2))
        #expect(Self.masters(scene) == [])
        scene.pass(.seconds(3))
        #expect(Self.masters(scene) == [1])
        #expect(scene.flows(on: dpID, of: vmID, by: 1) == ["10.0.0.0/8": way])
    }

    @Test("the master restarted: its switch is the other's as soon as it says that it has none")
    func proxyRestarts() throws {
        var scene = try twoProxies()
        scene.proxies[0] = Speaker("rfproxy.0", epoch: 2, at: scene.now)
        scene.settle()
        #expect(Self.masters(scene) == [1])
        scene.proxies[0]?.join(dpID)
        scene.pass(.seconds(10))
        #expect(Self.masters(scene) == [1])
        #expect(Self.withdrawals(scene.proxies[0]) == 0)
    }

    @Test("the preferred rfproxy is started again: it gets its switch back once it has it, not before")
    func preferredRestarts() throws {
        var scene = try twoProxies(mapping: try MappingFile(text: Self.mapping, name: "f"))
        scene.proxies[1] = nil
        scene.pass(.seconds(10))
        #expect(Self.masters(scene) == [0])
        scene.proxies[0]?.forgetHeard()
        scene.proxies[1] = Speaker("rfproxy.1", epoch: 2, at: scene.now)
        scene.settle()
        #expect(scene.proxies[0]?.heard.contains { $0.kind == .datapathGrant } == false)
        scene.proxies[1]?.join(dpID)
        scene.settle()
        #expect(Self.masters(scene) == [1])
    }

    @Test("the spare restarted: nothing changes")
    func spareRestarts() throws {
        var scene = try twoProxies()
        scene.proxies[0]?.forgetHeard()
        scene.proxies[1] = Speaker("rfproxy.1", epoch: 2, at: scene.now)
        scene.settle()
        scene.proxies[1]?.join(dpID)
        scene.pass(.seconds(10))
        #expect(Self.masters(scene) == [0])
        #expect(
            scene.proxies[0]?.heard.contains { $0.kind == .flowMod || $0.kind == .datapathGrant } == false)
    }

    @Test("whatever happens, nobody but one is granted the switch", arguments: 0..<20)
    func neverTwo(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var scene = try twoProxies()
        var epoch: Int64 = 1
        for _ in 0..<40 {
            let ctID = Int32.random(in: 0...1, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: scene.proxies[ctID]?.say(.datapathLeave(DatapathLeave(dpID: dpID)))
            case 1: scene.proxies[ctID]?.join(dpID)
            case 2: scene.restartServer()
            case 3:
                epoch += 1
                scene.proxies[ctID] = Speaker("rfproxy.\(ctID)", epoch: epoch, at: scene.now)
                scene.settle()
                scene.proxies[ctID]?.join(dpID)
            default: scene.pass(.seconds(Int64.random(in: 1...6, using: &random)), silentProxies: [ctID])
            }
            scene.pass(.milliseconds(Int64.random(in: 0...4000, using: &random)))
        }
        scene.pass(.seconds(20))
        let have = scene.proxies.keys.sorted().filter { scene.proxies[$0]?.wanted[.datapath(dpID)] != nil }
        let masters = Self.masters(scene)
        #expect(masters.count == 1)
        #expect(have.isEmpty || have.contains(masters[0]))
        #expect(scene.flows(on: dpID, of: vmID, by: masters[0]) == ["10.0.0.0/8": way])
        #expect([0, 1].allSatisfy { Self.withdrawals(scene.proxies[$0]) == 0 })
    }

    // MARK: What both of them see

    @Test(
        "one of two loses the virtual switch, or starts again: the maps stay, and no VM has to show itself again"
    )
    func virtualSwitchOfOne() throws {
        var scene = try twoProxies()
        scene.vms[vmID]?.forgetHeard()
        scene.proxies[1]?.say(.datapathLeave(DatapathLeave(dpID: virtualSwitch)))
        scene.settle()
        scene.proxies[1]?.join(virtualSwitch, ports: 11...12, connection: 2)
        scene.settle()
        scene.proxies[1] = Speaker("rfproxy.1", epoch: 2, at: scene.now)
        scene.settle()
        scene.proxies[1]?.join(virtualSwitch, ports: 11...12, connection: 3)
        scene.pass(.seconds(5))
        #expect(scene.portMaps.map(\.vsPort) == [11])
        #expect(scene.vms[vmID]?.heard == [])
    }

    @Test(
        "the virtual switch itself starts again: each VM port shows itself again, though both say so in turn")
    func virtualSwitchRestarts() throws {
        var scene = try twoProxies()
        for ctID in [0, 1] as [Int32] {
            scene.proxies[ctID]?.join(virtualSwitch, ports: 11...12, connection: 9)
        }
        scene.settle()
        #expect(scene.portMaps.map(\.vsPort) == [11])
        #expect(scene.vms[vmID]?.replica[.vmPortMapped(vmID, 1)] == nil)
    }

    @Test("a virtual port that goes away is unmapped when both have seen it, or when the other is silent")
    func virtualPortGoes() throws {
        let removal = VMMap(
            vmID: vmID, vmPort: 1, vsID: virtualSwitch, vsPort: 11, token: 0, isRemoval: true)
        var scene = try twoProxies()
        scene.proxies[0]?.say(.vmMap(removal))
        scene.proxies[0]?.join(virtualSwitch, ports: 12...12, connection: 1)
        scene.settle()
        #expect(scene.portMaps.map(\.vsPort) == [11], "the other one may be the one that is right")
        scene.proxies[1]?.say(.vmMap(removal))
        scene.proxies[1]?.join(virtualSwitch, ports: 12...12, connection: 1)
        scene.settle()
        #expect(scene.portMaps.isEmpty)

        scene = try twoProxies()
        scene.proxies[1] = nil
        scene.pass(.seconds(10))
        scene.proxies[0]?.say(.vmMap(removal))
        scene.settle()
        #expect(scene.portMaps.isEmpty)
    }

    @Test("a refusal is the master's to report")
    func refusals() throws {
        var scene = try twoProxies()
        let prefix = try #require(IPPrefix("10.0.0.0/8"))
        let error = FlowError(dpID: dpID, source: vmID.dataAddress, prefix: prefix, type: 3, code: 0)
        scene.proxies[1]?.say(.flowError(error))
        scene.settle()
        #expect(scene.core.network.refusals.isEmpty)
        scene.proxies[0]?.say(.flowError(error))
        scene.settle()
        #expect(scene.core.network.refusals.count == 1)
        scene.proxies[0]?.say(.datapathLeave(DatapathLeave(dpID: dpID)))
        scene.settle()
        #expect(scene.core.network.refusals.isEmpty, "the next master will find out for itself")
    }

    @Test("the VMs of one network hang on the virtual switches of several hosts")
    func severalVirtualSwitches() throws {
        let here = DatapathID(rawValue: 0x7266_7673_0000_0001)
        let there = DatapathID(rawValue: 0x7266_7673_0000_0002)
        var scene = Scene()
        scene.proxy.join(dpID)
        scene.proxy.join(DatapathID(rawValue: 6))
        scene.vms[vmID] = .vm(vmID, at: scene.now)
        scene.settle()
        scene.vms[otherVM] = .vm(otherVM, at: scene.now)
        for vs in [here, there] { scene.proxy.join(vs, ports: 1...4, connection: 1) }
        scene.settle()
        // The same port number on both.
        for (vm, vs) in [(vmID, here), (otherVM, there)] {
            let token = try #require(scene.vms[vm]).token(of: vm)
            let map = VMMap(vmID: vm, vmPort: 1, vsID: vs, vsPort: 3, token: token)
            scene.proxy.say(.vmMap(map))
        }
        scene.settle()
        #expect(Set(scene.portMaps.map(\.vsID)) == [here, there])
        scene.proxy.say(.datapathLeave(DatapathLeave(dpID: there)))
        scene.settle()
        #expect(scene.portMaps.count == 2, "the rows stay in use")
        #expect(scene.vms[vmID]?.replica[.vmPortMapped(vmID, 1)] != nil, "the other host is nothing to it")
        #expect(scene.vms[otherVM]?.replica[.vmPortMapped(otherVM, 1)] == nil)
    }
}
