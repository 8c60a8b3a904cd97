import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

@Suite("Dumps: the first, after an overrun, and after what the kernel does not say")
struct DumpTests {
    @Test(
        "Nothing is said to rfserver before all tables are known: a restart never looks like an empty VM (traps 1, 13)"
    )
    func nothingBeforeTheFirstDump() {
        var rig = Rig()
        rig.kernel.addLink(3, "eth1", Rig.vmID.dataAddress)
        rig.kernel.addAddress("172.31.1.1", 24, on: 3)
        rig.tell(.timePassed)
        #expect(rig.dumps == [Set(DumpKind.allCases)])
        rig.tell(.ipc(.received(rig.server.flush(at: rig.now))))
        for kind in DumpKind.allCases {
            #expect(rig.server.conversation.peerEpoch == 0, "before the dump of \(kind)")
            rig.kernel.dump([kind])
            rig.deliver()
        }
        rig.dumps = []
        rig.settle()
        #expect(rig.server.routes.count == 2)
        #expect(rig.server.syncs == 1)
    }

    @Test("Nothing is said before the VM is set up as a router, and rfclient ends if it cannot be")
    func settingsFirst() {
        let vmID = Rig.vmID
        var core = ClientCore(.init(vmID: vmID, bootID: "boot", epoch: 1))
        var kernel = FakeKernel()
        kernel.addLink(2, "eth0", MACAddress(rawValue: vmID.rawValue))
        kernel.addAddress("10.0.3.2", 24, on: 2)
        kernel.addLink(3, "eth1", vmID.dataAddress)
        _ = kernel.takeEvents()
        kernel.dump(Set(DumpKind.allCases))
        _ = core.handle(.timePassed, at: .start)
        let effects = core.handle(.netlink(kernel.takeEvents()), at: .start)
        #expect(
            effects == [
                .apply(
                    VMSettings(
                        management: "eth0", managementNetworks: ["10.0.3.0/24"], dataInterfaces: ["eth1"]))
            ])
        let end = core.handle(.settingsFailed(reason: "read-only /proc"), at: .start)
        #expect(end == [.stop(reason: "the VM cannot be set up as a router: read-only /proc")])
        #expect(core.handle(.timePassed, at: .start).isEmpty)
        #expect(core.deadline == nil)
    }

    @Test("A default route out of the management interface is refused at the start, with the remedy")
    func defaultRouteThroughManagement() {
        var rig = Rig()
        rig.kernel.addLink(2, "eth0", MACAddress(rawValue: Rig.vmID.rawValue))
        rig.kernel.addAddress("10.0.3.2", 24, on: 2)
        rig.kernel.addRoute(route("0.0.0.0/0", via: "10.0.3.1", dev: 2))
        rig.start()
        #expect(rig.stopReason?.contains("ip route del default dev eth0") == true)
    }

    @Test("New data interfaces and management addresses are set up when they come")
    func laterInterfaces() {
        var rig = Rig.router()
        rig.effects = []
        rig.kernel.addLink(9, "eth9", Rig.vmID.dataAddress)
        rig.settle()
        #expect(
            rig.effects.contains(
                .apply(
                    VMSettings(
                        management: "eth0", managementNetworks: ["10.0.3.0/24"],
                        dataInterfaces: ["eth1", "eth2", "eth3", "eth9"]))))
    }

    @Test("After an overrun a fresh dump is compared with what was known, and only differences are sent")
    func overrun() {
        var rig = Rig.router()
        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_0011)
        for net in 0..<200 as Range<UInt32> {
            let prefix = IPPrefix(.v4(IPv4Address(rawValue: 0x0A00_0000 | net << 8)), length: 24)
            rig.kernel.addRoute(route(prefix ?? .ipv4Default, via: "172.31.1.11", dev: 3))
        }
        rig.settle()
        let before = rig.server.routeMessages

        rig.kernel.removeRoute(route("10.0.7.0/24", via: "172.31.1.11", dev: 3))
        rig.kernel.addRoute(route("10.9.0.0/16", via: "172.31.1.11", dev: 3))
        rig.kernel.addRoute(Route(prefix: "10.0.9.0/24", type: .blackhole), .replace)
        rig.kernel.overrun()
        rig.settle()
        #expect(rig.server.routes == rig.wanted)
        #expect(rig.server.routeMessages - before == 3)
        #expect(rig.server.syncs == 1)
        #expect(rig.log(containing: "overran").count == 1)
    }

    @Test("A dump that begins anew, and one that fails, remove nothing; what failed is asked for again later")
    func interruptedDump() {
        var rig = Rig.router()
        let before = rig.server.routes
        rig.tell(.netlink([.overrun]))
        rig.dumps = []
        rig.tell(.netlink([.dumpBegan(.routes), .dumpBegan(.routes)]))
        rig.tell(.netlink([.dumpFailed(.routes, NetlinkError(.interrupted, "sixteen times"))]))
        #expect(rig.server.routes == before)
        #expect(rig.dumps.isEmpty)
        rig.pass(.milliseconds(100))
        #expect(rig.dumps == [[.routes]])
    }

    @Test("Something that happens while a dump is asked for has it asked for once more, and then no more")
    func dumpAskedTooEarly() {
        var rig = Rig.router()
        rig.dumpCount = 0
        rig.kernel.setCarrier(3, false)
        rig.deliver()
        rig.kernel.setCarrier(3, true)
        rig.deliver()
        rig.kernel.setCarrier(3, false)
        rig.deliver()
        #expect(rig.dumps == [[.nexthops, .routes]])
        rig.settle()
        #expect(rig.dumpCount == 2)
    }

    @Test("Equal routes that are changed behind each other's back are read again")
    func ambiguousReplacement() {
        var rig = Rig.router()
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.11", dev: 3))
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.2.22", dev: 4), .append)
        rig.settle()
        rig.dumpCount = 0
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.3.33", dev: 5), .replace)
        rig.settle()
        #expect(rig.dumpCount == 1)
        #expect(rig.server.routes == rig.wanted)
    }

    @Test("With its last address an interface loses its routes, without a word")
    func lastAddressRemoved() {
        var rig = Rig.router()
        rig.kernel.learn("172.31.1.11", on: 3, at: 0x0200_0000_0011)
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.11", dev: 3))
        rig.settle()
        #expect(rig.word("10.0.0.0/8")?.kind == .route)
        rig.kernel.removeAddress("172.31.1.1", 24, on: 3)
        rig.settle()
        #expect(rig.word("10.0.0.0/8") == nil)
        #expect(rig.word("172.31.1.1/32") == nil)
        #expect(rig.server.routes == rig.wanted)
    }
}
