import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

@Suite("Registration, and the streams to rfserver")
struct ServerTests {
    @Test("The registration names the VM, its life, and its data ports in order")
    func registration() {
        let rig = Rig.router()
        #expect(
            rig.server.registration
                == VMRegisterRequest(
                    vmID: Rig.vmID, bootID: "boot",
                    ports: [1, 2, 3].map {
                        .init(
                            vmPort: $0, name: "eth\($0)", hwAddress: Rig.vmID.dataAddress, isUp: true)
                    }))
    }

    @Test(
        "Interfaces whose name is not letters and a number are no data ports (trap 27)",
        arguments: [
            "eth1.100", "dummy", "lo", "eth0", "veth1@if5", "eth", "7", "eth01", "eth256", "eth1a", "enp0s3",
        ])
    func noDataPorts(name: String) {
        var rig = Rig()
        rig.kernel.addLink(2, name, 0x0200_0000_0099)
        rig.start()
        #expect(rig.server.registration?.ports == [])
    }

    @Test("Interfaces that come, go or are renamed are registered anew (trap 27)")
    func portsChange() {
        var rig = Rig.router()
        rig.kernel.addLink(9, "wan200", 0x0200_0000_0009)
        rig.settle()
        #expect(rig.server.registration?.ports.map(\.vmPort) == [1, 2, 3, 200])
        rig.kernel.removeLink(4)
        rig.settle()
        #expect(rig.server.registration?.ports.map(\.vmPort) == [1, 3, 200])
        #expect(rig.server.routes == rig.wanted)
    }

    @Test("Of two interfaces with one number the first by name is the port, and the other is logged")
    func oneNumberTwice() {
        var rig = Rig.router()
        rig.kernel.addLink(9, "wan1", 0x0200_0000_0009)
        rig.settle()
        #expect(rig.server.registration?.ports.map(\.name) == ["eth1", "eth2", "eth3"])
        #expect(rig.log(containing: "number of another").first?.ids["interface"] == "wan1")
    }

    @Test("rfclient restarted says the same table again, and only as a whole")
    func clientRestarts() {
        var rig = Rig.router()
        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_0011)
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.11", dev: 3))
        rig.settle()
        let before = rig.server.routes
        let commands = rig.commands.count

        rig.core = ClientCore(.init(vmID: Rig.vmID, bootID: "boot", epoch: 2))
        rig.start()
        #expect(rig.server.routes == before)
        #expect(rig.server.syncs == 2)
        #expect(rig.server.idleMessages == 0)
        #expect(rig.commands.count == commands, "the neighbours are managed still")
    }

    @Test("rfserver restarted is told everything again (trap 1)")
    func serverRestarts() {
        var rig = Rig.router()
        let before = rig.server.routes
        rig.server = FakeServer(epoch: 2)
        rig.settle()
        #expect(rig.server.routes == before)
        #expect(rig.server.registration?.ports.count == 3)
    }

    @Test("A VM that rfserver refuses ends with its reason")
    func refused() {
        var rig = Rig.router()
        rig.server.say(
            .vmRegisterResponse(
                VMRegisterResponse(vmID: Rig.vmID, accept: false, reason: "not in the mapping file")))
        rig.settle()
        #expect(rig.stopReason == "rfserver refuses this VM: not in the mapping file")
        #expect(rig.core.handle(.timePassed, at: rig.now).isEmpty)
    }

    @Test("A later rfclient with the same vm_id ends this one")
    func duplicateIdentity() {
        var rig = Rig.router()
        rig.tell(
            .ipc(
                .received([
                    Envelope(
                        from: .rfserver, to: .rfclient(Rig.vmID), epoch: 1, toEpoch: 2, stream: 0, seq: 0,
                        kind: .beat, content: [.beat(Beat(stream: 0, seq: 0))])
                ])))
        #expect(rig.stopReason?.hasPrefix("duplicate vm_id 02a0a0a0a001") == true)
    }

    @Test("Envelopes of others, for others, and poison are counted and change nothing (trap 29)")
    func foreignEnvelopes() {
        var rig = Rig.router()
        let before = rig.server.routes
        let forged = Envelope(
            from: PeerName("02a0a0a0a0ff"), to: .rfclient(Rig.vmID), epoch: 9, toEpoch: 1, stream: 1, seq: 1,
            kind: .vmConfig,
            content: [
                .vmConfig(
                    VMConfig(vmID: Rig.vmID, portCount: 0, hwAddress: 0x0200_0000_0666, token: 1))
            ])
        rig.tell(.ipc(.received([forged])))
        rig.tell(.ipc(.poison(reason: "no _id")))
        rig.server.say(
            .vmConfig(
                VMConfig(vmID: VMID(rawValue: 7), portCount: 3, hwAddress: 0x0200_0000_0666, token: 1)))
        rig.settle()
        #expect(rig.server.routes == before)
        #expect(rig.frames.isEmpty)
        #expect(rig.core.counts.values.reduce(0, +) == 3)
    }
}
