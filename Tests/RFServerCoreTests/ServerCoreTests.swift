import NetTypes
import RFLib
import Testing

@testable import RFServerCore

private let vm1 = VMID(rawValue: 0x0200_0000_00A1)
private let vm2 = VMID(rawValue: 0x0200_0000_00A2)
private let dp5 = DatapathID(rawValue: 5)
private let dp6 = DatapathID(rawValue: 6)
private let gateway = MACAddress(rawValue: 0x0200_0000_0B02)

private func via(_ port: UInt16, _ kind: RouteKind = .route) -> Forwarding {
    Forwarding(kind, port: port, destination: gateway)
}

@Suite("rfserver")
struct ServerCoreTests {
    /// A VM with two ports on a datapath with two, in step.
    private func oneRouter(settings: ServerSettings = ServerSettings()) -> Scene {
        var scene = Scene(settings: settings)
        scene.proxy.join(dp5)
        scene.vms[vm1] = .vm(vm1, at: scene.now)
        scene.vms[vm1]?.route(vm1, "10.0.0.0/8", via(2))
        scene.settle()
        return scene
    }

    @Test("a VM registers, is configured, and its route becomes a flow out of the partner's port")
    func firstRoute() {
        let scene = oneRouter()
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(2)])
        #expect(scene.isComplete(dp5))
        #expect(scene.vms[vm1]?.replica[.vmRegisterResponse(vm1)] != nil)
        guard case .vmConfig(let config) = scene.vms[vm1]?.replica[.vmConfig(vm1)] else {
            Issue.record("no VMConfig")
            return
        }
        #expect(config.hwAddress == vm1.dataAddress)
        #expect(config.portCount == 2)
        #expect(config.token != 0)
        #expect(scene.effects.contains(.configureVirtualSwitch))
        let operations = DatapathOperation.routerDefaults.filter {
            scene.proxy.replica[.datapathConfig(dp5, $0)] != nil
        }
        #expect(operations == [.arp, .ospf, .ripV2])
    }

    @Test("rfserver restarted: the table is read back, and nothing is withdrawn (trap 1)")
    func serverRestarts() {
        var scene = oneRouter()
        scene.proxy.forgetHeard()
        scene.restartServer()
        scene.pass(.seconds(5))
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(2)])
        let removals = scene.proxy.heard.filter { message in
            if case .flowMod(let flow) = message { flow.forwarding == nil } else { false }
        }
        #expect(removals.isEmpty)
    }

    @Test("after a restart a datapath is complete only when its VM has said its whole state")
    func completenessWaitsForTheVM() {
        var scene = oneRouter()
        let vm = scene.vms.removeValue(forKey: vm1)
        scene.restartServer()
        scene.pass(.seconds(20))
        #expect(!scene.isComplete(dp5))
        #expect(scene.flows(on: dp5, of: vm1).isEmpty)
        scene.vms[vm1] = vm
        scene.pass(.seconds(11))
        #expect(scene.isComplete(dp5))
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(2)])
    }

    @Test("rfclient restarted: flows stay, and what the kernel lost meanwhile goes at the sync end")
    func clientRestarts() {
        var scene = oneRouter()
        scene.vms[vm1]?.route(vm1, "20.0.0.0/8", via(1))
        scene.settle()
        scene.proxy.forgetHeard()
        scene.vms[vm1] = .vm(vm1, epoch: 2, at: scene.now)
        scene.vms[vm1]?.route(vm1, "20.0.0.0/8", via(1))
        scene.pass(.seconds(3))
        #expect(scene.flows(on: dp5, of: vm1) == ["20.0.0.0/8": via(1)])
        let flows = scene.proxy.heard.filter { $0.kind == .flowMod }
        #expect(flows.count == 1)
    }

    @Test("rfproxy restarted: it is told everything again")
    func proxyRestarts() {
        var scene = oneRouter()
        scene.proxy = Speaker("rfproxy.0", epoch: 2, at: scene.now)
        scene.proxy.join(dp5)
        scene.pass(.seconds(3))
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(2)])
        #expect(scene.isComplete(dp5))
    }

    @Test("a port that is mapped later gets the earlier routes as well (trap 11)")
    func latePort() {
        var scene = Scene()
        scene.vms[vm1] = .vm(vm1, at: scene.now)
        scene.vms[vm1]?.route(vm1, "10.0.0.0/8", via(2))
        scene.pass(.seconds(1))
        #expect(scene.proxy.replica.isEmpty)
        scene.proxy.join(dp5)
        scene.settle()
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(2)])
    }

    @Test("a withdrawn route leaves by name, at once (trap 8)")
    func withdrawal() {
        var scene = oneRouter()
        scene.vms[vm1]?.route(vm1, "10.0.0.0/8", nil)
        scene.settle()
        #expect(scene.flows(on: dp5, of: vm1).isEmpty)
        #expect(scene.isComplete(dp5))
    }

    @Test("a VM over two datapaths: on the one without the way out the route is a punt")
    func severalDatapaths() throws {
        let text = """
            vm_id,vm_port,ct_id,dp_id,dp_port
            \(vm1),1,0,5,7
            \(vm1),2,0,6,9
            """
        var scene = Scene(mapping: try MappingFile(text: text, name: "f"))
        scene.proxy.join(dp5, ports: 7...7)
        scene.proxy.join(dp6, ports: 9...9)
        scene.vms[vm1] = .vm(vm1, at: scene.now)
        scene.vms[vm1]?.route(vm1, "10.0.0.0/8", via(2))
        scene.vms[vm1]?.route(vm1, "172.31.1.1/32", Forwarding(.local))
        scene.settle()
        #expect(
            scene.flows(on: dp5, of: vm1) == [
                "10.0.0.0/8": Forwarding(.punt), "172.31.1.1/32": Forwarding(.local),
            ])
        #expect(
            scene.flows(on: dp6, of: vm1) == ["10.0.0.0/8": via(9), "172.31.1.1/32": Forwarding(.local)])
    }

    @Test("two VMs on one datapath keep their routes to one prefix apart")
    func sharedDatapath() throws {
        let text = """
            vm_id,vm_port,ct_id,dp_id,dp_port
            \(vm1),1,0,5,1
            \(vm2),1,0,5,2
            """
        var scene = Scene(mapping: try MappingFile(text: text, name: "f"))
        scene.proxy.join(dp5)
        for vm in [vm1, vm2] {
            scene.vms[vm] = .vm(vm, ports: 1...1, at: scene.now)
            scene.vms[vm]?.route(vm, "10.0.0.0/8", via(1))
        }
        scene.settle()
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(1)])
        #expect(scene.flows(on: dp5, of: vm2) == ["10.0.0.0/8": via(2)])
    }

    @Test("a datapath that no VM has, and that left while no rfserver was at work, leaves no rows behind")
    func goneMeanwhile() {
        var scene = oneRouter()
        let idle = DatapathID(rawValue: 66)
        scene.proxy.join(idle)
        scene.settle()
        let stored = scene.stored.count
        scene.proxy.say(.datapathLeave(DatapathLeave(dpID: idle)))
        scene.restartServer()
        #expect(scene.stored.count == stored)
        scene.pass(.seconds(3))
        #expect(!scene.stored.values.contains { $0.datapath?.dpID == idle })
        #expect(scene.stored.values.contains { $0.datapath?.dpID == dp5 })
    }

    @Test("lines about datapaths that no VM has are bounded, and use up nothing of the others'")
    func lines() {
        var scene = oneRouter()
        for number in 0..<3000 {
            let idle = DatapathID(rawValue: UInt64(1000 + number))
            scene.proxy.join(idle)
            scene.settle()
            scene.proxy.say(.datapathLeave(DatapathLeave(dpID: idle)))
            scene.settle()
        }
        func lines() -> [LogLine] {
            scene.effects.compactMap { if case .log(let line) = $0 { line } else { nil } }
        }
        #expect(lines().count < 2100)
        let before = lines().count
        scene.proxy.say(.datapathLeave(DatapathLeave(dpID: dp5)))
        scene.settle()
        #expect(lines()[before...].contains { $0.message.hasPrefix("datapath disconnected") })
    }

    // MARK: Mapping frames

    @Test("a mapping frame with the right token joins the ports, and the VM is told so")
    func mapping() throws {
        var scene = oneRouter()
        let token = try #require(scene.vms[vm1]).token(of: vm1)
        scene.proxy.map(vm1, 1, at: 11, token: token)
        scene.settle()
        #expect(
            scene.portMaps == [
                PortMap(dpID: dp5, dpPort: 1, vsID: .defaultVirtualSwitch, vsPort: 11)
            ])
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 1)] != nil)
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 2)] == nil)
    }

    @Test("a mapping frame with a wrong token changes nothing and is counted (trap 22)")
    func wrongToken() {
        var scene = oneRouter()
        let stored = scene.stored
        for token in [0, 1, UInt64.max] { scene.proxy.map(vm1, 1, at: 11, token: token) }
        scene.proxy.map(VMID(rawValue: 0xDEAD), 1, at: 12, token: 0)
        scene.settle()
        #expect(scene.portMaps.isEmpty)
        #expect(scene.stored == stored)
        #expect(scene.core.tally.counts["mapping frame without the right token"] ?? 0 >= 2)
    }

    @Test("rfclient or rfproxy restarted: the mapping stays in use until it is confirmed again (trap 13)")
    func mappingOutlivesRestarts() throws {
        var scene = oneRouter()
        let token = try #require(scene.vms[vm1]).token(of: vm1)
        scene.proxy.map(vm1, 1, at: 11, token: token)
        scene.settle()
        scene.proxy = Speaker("rfproxy.0", epoch: 2, at: scene.now)
        scene.proxy.join(dp5)
        scene.vms[vm1] = .vm(vm1, epoch: 2, at: scene.now)
        scene.pass(.seconds(3))
        #expect(scene.portMaps.count == 1)
        let newToken = try #require(scene.vms[vm1]).token(of: vm1)
        #expect(newToken != token)
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 1)] == nil)
        scene.proxy.map(vm1, 1, at: 12, token: newToken)
        scene.settle()
        #expect(scene.portMaps.map(\.vsPort) == [12])
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 1)] != nil)
    }

    /// The ports may have other numbers when the virtual switch is back, and a new rfproxy cannot know that they had.
    @Test("a virtual switch that blinks: the maps stay in use, and each VM port has to show itself again")
    func virtualSwitchBlinks() throws {
        var scene = oneRouter()
        let token = try #require(scene.vms[vm1]).token(of: vm1)
        scene.proxy.join(.defaultVirtualSwitch, ports: 11...12)
        scene.proxy.map(vm1, 1, at: 11, token: token)
        scene.settle()
        scene.proxy.say(.datapathLeave(DatapathLeave(dpID: .defaultVirtualSwitch)))
        scene.settle()
        #expect(scene.portMaps.map(\.vsPort) == [11])
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 1)] == nil)
        scene.proxy.join(.defaultVirtualSwitch, ports: 12...13)
        scene.settle()
        #expect(scene.portMaps.isEmpty, "there is no port 11 any more")
        scene.proxy.map(vm1, 1, at: 13, token: token)
        scene.settle()
        #expect(scene.portMaps.map(\.vsPort) == [13])
    }

    /// Leaving and coming back share one key, so that only the last word may arrive.
    @Test("a virtual switch that came back before anybody heard that it was away")
    func virtualSwitchBlinksUnheard() throws {
        var scene = oneRouter()
        let token = try #require(scene.vms[vm1]).token(of: vm1)
        scene.proxy.join(.defaultVirtualSwitch, ports: 11...12, connection: 1)
        scene.proxy.map(vm1, 1, at: 11, token: token)
        scene.settle()
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 1)] != nil)
        scene.proxy.join(.defaultVirtualSwitch, ports: 11...13, connection: 1)
        scene.settle()
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 1)] != nil, "it was not away")
        scene.proxy.join(.defaultVirtualSwitch, ports: 11...12, connection: 2)
        scene.settle()
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 1)] == nil)
        #expect(scene.portMaps.map(\.vsPort) == [11])
    }

    /// A channel is busy from the first envelope on.
    @Test("what is said to one peer does not keep the next one waiting")
    func peersTakeTurns() throws {
        var scene = oneRouter()
        scene.proxy.join(dp6)
        scene.vms[vm2] = .vm(vm2, at: scene.now)
        scene.proxy.join(.defaultVirtualSwitch, ports: 11...12, connection: 1)
        scene.settle()
        for (vmID, port) in [(vm1, 11), (vm2, 12)] as [(VMID, UInt16)] {
            scene.proxy.map(vmID, 1, at: port, token: try #require(scene.vms[vmID]).token(of: vmID))
        }
        scene.settle()
        scene.handle(.ipc(.clients, .written(0)))
        scene.proxy.join(.defaultVirtualSwitch, ports: 11...12, connection: 2)
        scene.settle()
        for vmID in [vm1, vm2] {
            #expect(scene.vms[vmID]?.replica[.vmPortMapped(vmID, 1)] == nil, "nothing has been written yet")
        }
    }

    @Test("a flow that a switch refuses is kept in mind until it is taken")
    func refusals() {
        var scene = oneRouter()
        let prefix = IPPrefix("10.0.0.0/8")!
        let error = FlowError(dpID: dp5, source: vm1.dataAddress, prefix: prefix, type: 3, code: 0)
        scene.proxy.say(.flowError(error))
        scene.settle()
        #expect(scene.core.network.refusals.count == 1)
        scene.proxy.say(
            .flowError(
                FlowError(
                    dpID: dp5, source: vm1.dataAddress, prefix: prefix, type: 0, code: 0, isRemoval: true)))
        scene.settle()
        #expect(scene.core.network.refusals.isEmpty)
        scene.proxy.say(.flowError(error))
        scene.settle()
        scene.proxy = Speaker("rfproxy.0", epoch: 2, at: scene.now)
        scene.proxy.join(dp5)
        scene.pass(.seconds(3))
        #expect(scene.core.network.refusals.isEmpty, "the next rfproxy does not say it")
    }

    @Test("that a full table has room again does not fill the log")
    func manyRefusals() {
        var scene = oneRouter()
        for code in [0, nil] as [UInt16?] {
            for number in 0..<1000 {
                let prefix = IPPrefix("10.\(number / 250).\(number % 250).0/24")!
                scene.proxy.say(
                    .flowError(
                        FlowError(
                            dpID: dp5, source: vm1.dataAddress, prefix: prefix, type: 3, code: code ?? 0,
                            isRemoval: code == nil)))
            }
            scene.settle()
        }
        #expect(scene.core.network.refusals.isEmpty)
        let lines = scene.effects.count {
            if case .log(let line) = $0 {
                line.message.contains("flow") && line.ids["prefix"] != nil
            } else {
                false
            }
        }
        #expect(lines == 20, "at the 1st, 2nd, 4th ... 512th time")
    }

    // MARK: Silence

    @Test("a VM whose routes do not change lives, however short the time-out", arguments: [3, 12, 30, 60])
    func quiet(timeout: Int) {
        var scene = oneRouter(settings: ServerSettings(vmTimeout: .seconds(timeout)))
        scene.pass(.seconds(600))
        #expect(scene.core.tally.counts["VM silent for too long"] == nil)
        #expect(!scene.flows(on: dp5, of: vm1).isEmpty)
    }

    @Test("a VM that is silent for too long loses its routes and leaves its ports idle, and may come back")
    func silence() {
        var scene = oneRouter()
        scene.pass(.seconds(29), silent: [vm1])
        #expect(!scene.flows(on: dp5, of: vm1).isEmpty)
        scene.pass(.seconds(12), silent: [vm1])
        #expect(scene.flows(on: dp5, of: vm1).isEmpty)
        #expect(scene.core.table.vms.isEmpty)
        #expect(scene.core.tally.counts["VM silent for too long"] == 1)
        scene.pass(.seconds(15))
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(2)])
        #expect(scene.isComplete(dp5))
    }

    @Test("silence does not count while the database is away, nor after rfserver's own pause")
    func silenceNotToBlame() {
        var scene = oneRouter()
        scene.handle(.ipc(.clients, .disconnected(reason: "no server")))
        scene.pass(.seconds(120), silent: [vm1])
        #expect(!scene.flows(on: dp5, of: vm1).isEmpty)
        scene.handle(.ipc(.clients, .connected))
        scene.pass(.seconds(25), silent: [vm1])
        #expect(!scene.flows(on: dp5, of: vm1).isEmpty)
        scene.now = scene.now.advanced(by: .seconds(600))  // SIGSTOP, SIGCONT
        scene.handle(.timePassed)
        scene.settle()
        #expect(!scene.flows(on: dp5, of: vm1).isEmpty)
    }

    @Test("a pause during an outage of the database does not count either")
    func pauseDuringOutage() {
        var scene = oneRouter()
        scene.handle(.ipc(.clients, .disconnected(reason: "no server")))
        scene.now = scene.now.advanced(by: .seconds(600))
        scene.handle(.timePassed)
        scene.handle(.ipc(.proxies, .connected))
        scene.pass(.seconds(120), silent: [vm1])
        #expect(!scene.flows(on: dp5, of: vm1).isEmpty)
    }

    @Test("a mapping frame that comes before the registration is believed once the registration is there")
    func earlyFrame() throws {
        var scene = oneRouter()
        let token = try #require(scene.vms[vm1]).token(of: vm1)
        scene.proxy.map(vm1, 3, at: 13, token: token)
        scene.settle()
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 3)] == nil)
        let before = scene.effects.count { $0 == .configureVirtualSwitch }
        scene.vms[vm1]?.register(vm1, ports: 1...3, boot: "b")
        scene.settle()
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 3)] != nil)
        // The new port may hang loose: the virtual switch is looked at.
        #expect(scene.effects.count { $0 == .configureVirtualSwitch } == before + 1)
    }

    @Test("a VM port that loses its virtual port to another has to announce itself again")
    func takenOver() throws {
        var scene = oneRouter()
        scene.vms[vm2] = .vm(vm2, at: scene.now)
        scene.settle()
        scene.proxy.map(vm1, 1, at: 11, token: try #require(scene.vms[vm1]).token(of: vm1))
        scene.settle()
        scene.proxy.map(vm2, 1, at: 11, token: try #require(scene.vms[vm2]).token(of: vm2))
        scene.settle()
        #expect(scene.vms[vm1]?.replica[.vmPortMapped(vm1, 1)] == nil)
        #expect(scene.vms[vm2]?.replica[.vmPortMapped(vm2, 1)] != nil)
    }

    @Test("an interface that is away for a moment keeps its partner")
    func absentInterface() {
        var scene = oneRouter()
        scene.vms[vm1]?.register(vm1, ports: 1...1, boot: "b")
        scene.vms[vm2] = .vm(vm2, at: scene.now)
        scene.settle()
        scene.vms[vm1]?.register(vm1, ports: 1...2, boot: "b")
        scene.settle()
        #expect(scene.core.table[vm1, 2]?.datapath == RFEntry.DatapathPort(dp5, 2))
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(2)])
    }

    @Test("two ids that would share the address of their data ports: the second is refused (trap 24)")
    func sharedDataAddress() {
        var scene = Scene()
        let one = VMID(rawValue: 0x0016_3EAA_BBCC)
        let other = VMID(rawValue: 0x0216_3EAA_BBCC)
        #expect(one.dataAddress == other.dataAddress)
        scene.vms[one] = .vm(one, at: scene.now)
        scene.settle()
        scene.vms[other] = .vm(other, at: scene.now)
        scene.settle()
        #expect(
            scene.vms[one]?.replica[.vmRegisterResponse(one)]
                == .vmRegisterResponse(VMRegisterResponse(vmID: one, accept: true)))
        guard case .vmRegisterResponse(let response) = scene.vms[other]?.replica[.vmRegisterResponse(other)]
        else {
            Issue.record("no answer")
            return
        }
        #expect(!response.accept)
        #expect(response.reason.contains(one.description))
        // The other is started again and again until the first is taken for gone: then the address is its own.
        scene.pass(.seconds(31), silent: [one])
        scene.vms[one] = nil
        scene.vms[other] = .vm(other, epoch: 2, at: scene.now)
        scene.settle()
        #expect(
            scene.vms[other]?.replica[.vmRegisterResponse(other)]
                == .vmRegisterResponse(VMRegisterResponse(vmID: other, accept: true)))
    }

    @Test("datapaths under ever new identities leave nothing behind when they go")
    func strangers() {
        var scene = oneRouter()
        let stored = scene.stored
        for number in 1000..<1100 {
            scene.proxy.join(DatapathID(rawValue: UInt64(number)))
            scene.settle()
            scene.proxy.say(.datapathLeave(DatapathLeave(dpID: DatapathID(rawValue: UInt64(number)))))
            scene.settle()
        }
        #expect(scene.stored == stored)
    }

    @Test("a VM may speak only for itself")
    func foreignWord() {
        var scene = oneRouter()
        scene.vms[vm2] = .vm(vm2, at: scene.now)
        scene.vms[vm2]?.route(vm1, "66.0.0.0/8", via(1))
        scene.settle()
        #expect(scene.flows(on: dp5, of: vm1) == ["10.0.0.0/8": via(2)])
        #expect(scene.core.tally.counts["message that is not the VM's to say"] == 1)
    }

    @Test("a poison document and an unknown peer are counted, and all else goes on (trap 29)")
    func poison() {
        var scene = oneRouter()
        scene.handle(.ipc(.clients, .poison(reason: "type is text")))
        let stranger = Envelope(
            from: PeerName("nobody"), to: .rfserver, epoch: 1, toEpoch: 0, stream: 0, seq: 0, kind: .beat,
            content: [.beat(Beat(stream: 0, seq: 0))])
        scene.handle(.ipc(.clients, .received([stranger])))
        scene.vms[vm1]?.route(vm1, "20.0.0.0/8", via(1))
        scene.settle()
        #expect(scene.flows(on: dp5, of: vm1).count == 2)
        #expect(scene.core.tally.counts["poison document set aside"] == 1)
        #expect(scene.core.tally.counts["envelope from an unknown kind of peer"] == 1)
    }

    @Test("a later rfserver ends this one")
    func superseded() {
        var scene = oneRouter()
        let envelope = Envelope(
            from: .rfclient(vm1), to: .rfserver, epoch: 1, toEpoch: 2, stream: 1, seq: 1, kind: .syncBegin,
            content: [.syncBegin])
        scene.handle(.ipc(.clients, .received([envelope])))
        #expect(scene.effects.contains { if case .stop = $0 { true } else { false } })
    }

    @Test("while the virtual switch is configured, what is wanted meanwhile is one more run")
    func virtualSwitchRuns() {
        var scene = oneRouter()
        let count = { (scene: Scene) in scene.effects.count { $0 == .configureVirtualSwitch } }
        let before = count(scene)
        scene.configures = false
        for number in 1...5 as ClosedRange<UInt64> {
            let vmID = VMID(rawValue: 0x0200_0000_0100 + number)
            scene.vms[vmID] = .vm(vmID, at: scene.now)
            scene.vms[vmID]?.register(vmID, ports: 1...1, boot: "b")
            scene.settle()
        }
        #expect(count(scene) == before + 1)
        scene.configures = true
        scene.handle(.virtualSwitchConfigured(changes: []))
        #expect(count(scene) == before + 2)
        scene.pass(.seconds(5))
        #expect(count(scene) == before + 2)
    }

    @Test("a failed configuration of the virtual switch is tried again")
    func virtualSwitchRetry() {
        var scene = oneRouter()
        let count = { (scene: Scene) in scene.effects.count { $0 == .configureVirtualSwitch } }
        let before = count(scene)
        scene.handle(.virtualSwitchFailed(reason: "no database"))
        scene.pass(.seconds(2))
        #expect(count(scene) == before + 1)
    }
}
