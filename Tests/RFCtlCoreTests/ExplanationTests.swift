import NetTypes
import RFLib
import Testing

@testable import RFCtlCore

/// Where packets go, and where that stops.
@Suite struct ExplanationTests {
    private let id = Scene.vmID

    @Test func theWholeChainIsTold() {
        let explanation = Scene().explanation
        #expect(explanation.stop == nil)
        #expect(
            explanation.text == """
                rfvmA (02a0a0a0a0a0)
                  kernel    172.31.4.0/24 metric 20 via 50.0.0.4 dev eth4
                  next hop  50.0.0.4 on eth4: 02:d1:d0:d0:d0:d0 REACHABLE
                  winner    172.31.4.0/24 route: VM port 4, to 02:d1:d0:d0:d0:d0
                  message   rfserver has heard the same; the VM is in step
                  flow      dp 0000000000000005 priority 32816 172.31.4.0/24 -> port 4, to 02:d1:d0:d0:d0:d0: installed
                  counters  10 packets, 980 bytes

                """)
    }

    private func stop(_ spoil: (inout Scene) -> Void) -> String {
        var scene = Scene()
        spoil(&scene)
        return scene.explanation.stop ?? ""
    }

    private func expectStop(_ words: String, _ spoil: (inout Scene) -> Void) {
        let reason = stop(spoil)
        #expect(reason.contains(words), "\(reason)")
    }

    @Test func whoDoesNotAnswerIsNamed() {
        expectStop("rfclient does not answer") { $0.answers.clients = [:] }
        expectStop("rfserver does not answer") { $0.answers.server = nil }
        expectStop("rfproxy.0 does not answer") { $0.answers.proxies = [:] }
        expectStop("does not know this VM") { $0.answers.server?.vms[0].isRegistered = false }
    }

    @Test func aKernelWithoutARouteIsTheEnd() {
        let reason = stop {
            $0.answers.clients[id]?.route = nil
            $0.answers.clients[id]?.word = nil
        }
        #expect(reason.contains("no route"))
    }

    @Test func theManagementInterfaceIsNeverUsed() {
        expectStop("management") { $0.answers.clients[id]?.word = nil }
    }

    @Test func aNextHopThatDoesNotResolveIsNamedWithItsState() {
        let reason = stop {
            $0.answers.clients[id]?.route?.nextHops[0].linkAddress = nil
            $0.answers.clients[id]?.route?.nextHops[0].state = "INCOMPLETE"
            $0.say(Forwarding(.punt))
        }
        #expect(reason.contains("50.0.0.4 on eth4") && reason.contains("INCOMPLETE"))
    }

    @Test func aNextHopInIPv6IsHeld() {
        let reason = stop {
            $0.answers.clients[id]?.route?.obstacle = "the next hop is an IPv6 address"
            $0.say(Forwarding(.punt))
        }
        #expect(reason == "held: the next hop is an IPv6 address")
    }

    @Test(arguments: ["blackhole", "unreachable", "prohibit"]) func noWayIsNoFault(_ type: String) {
        var scene = Scene()
        scene.answers.clients[id]?.route?.nextHops = []
        scene.answers.clients[id]?.route?.type = type
        scene.say(Forwarding(type == "blackhole" ? .blackhole : .punt))
        #expect(scene.explanation.stop == nil)
        #expect(scene.explanation.text.contains(type))
    }

    @Test func aConnectedSubnetAndItsHostAreNoFault() {
        var scene = Scene()
        let hop = ClientReport.NextHop(
            gateway: nil, interface: "eth4", isLive: true, linkAddress: nil, state: "")
        scene.answers.clients[id]?.route?.nextHops = [hop]
        scene.say(Forwarding(.punt))
        #expect(scene.explanation.stop == nil)
        scene.answers.clients[id]?.neighbour = .init(
            gateway: IPAddress("172.31.4.9")!, interface: "eth4", isLive: true, linkAddress: Scene.mac,
            state: "STALE")
        scene.say(Forwarding(.host, port: 4, destination: Scene.mac), prefix: IPPrefix("172.31.4.9/32")!)
        #expect(scene.explanation.stop == nil)
        #expect(scene.explanation.text.contains("neighbour 172.31.4.9 on eth4: 02:d1:d0:d0:d0:d0 STALE"))
    }

    @Test func anAddressOfTheRouterIsNoFault() {
        var scene = Scene()
        scene.say(Forwarding(.local), prefix: IPPrefix("172.31.4.1/32")!)
        #expect(scene.explanation.stop == nil)
        #expect(scene.explanation.text.contains("the VM's own address"))
    }

    @Test func whatRfserverHasNotHeardIsTold() {
        expectStop("has heard nothing") { $0.answers.server?.word = nil }
        let other = PrefixWord(prefix: .ipv4Default, forwarding: Forwarding(.punt))
        expectStop("0.0.0.0/0 punt") { $0.answers.server?.word = other }
    }

    @Test func aVMWithoutADatapathIsTold() {
        expectStop("no datapath") { $0.answers.server?.rows = [] }
    }

    @Test func whatBecameOfTheFlowIsTold() {
        func stop(_ progress: ProxyReport.Progress) -> String {
            self.stop { $0.answers.proxies[0]?.flows[0].progress = progress }
        }
        #expect(stop(.unknown).contains("not connected"))
        #expect(stop(.refused).contains("refused"))
        #expect(stop(.waiting).contains("on its way"))
        expectStop("no flow") { $0.answers.proxies[0]?.flows = [] }
    }

    @Test func aFlowThatSomebodyHasChangedOrDeletedIsTold() {
        expectStop("drift") { $0.answers.proxies[0]?.flows[0].reading?.action = "drop" }
        expectStop("deleted") { $0.answers.proxies[0]?.flows[0].reading = nil }
        let silent = stop {
            $0.answers.proxies[0]?.flows[0].reading = nil
            $0.answers.proxies[0]?.flows[0].isRead = false
        }
        #expect(silent.contains("did not answer"))
    }
}
