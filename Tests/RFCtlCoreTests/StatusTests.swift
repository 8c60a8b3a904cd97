import NetTypes
import RFLib
import Testing

@testable import RFCtlCore

/// What is missing in a network.
@Suite struct StatusTests {
    private let id = Scene.vmID

    private func missing(_ spoil: (inout Answers) -> Void) -> [String] {
        var answers = Scene().answers
        spoil(&answers)
        return Status(answers).missing
    }

    @Test func nothingIsMissingWhereAllIsWell() {
        #expect(missing { _ in } == [])
        let text = Status(Scene().answers).text
        #expect(text.hasSuffix("nothing is missing\n"))
        #expect(text.contains("eth4  dp 0000000000000005 port 4  vs port 9  active"))
    }

    @Test func theNameThatAVMSaysOfItselfCannotLookLikeALine() {
        var answers = Scene().answers
        answers.clients[id]?.hostName = "rfvmA\u{1B}[2J\nnothing is missing"
        let text = Status(answers).text
        #expect(text.contains(#"rfvmA\u{1B}[2J\nnothing is missing"#))
    }

    @Test func eachPartThatIsMissingIsNamedOnce() {
        func only(_ word: String, _ spoil: (inout Answers) -> Void) {
            let found = missing(spoil)
            #expect(found.count == 1 && found[0].contains(word), "\(found)")
        }
        only("rfserver does not answer") { $0.server = nil }
        only("rfproxy.0 does not answer") { $0.proxies = [:] }
        only("rfclient of") { $0.clients = [:] }
        only("is silent") { $0.server?.vms[0].isRegistered = false }
        only("refused: duplicate") { $0.server?.vms[0].refusal = "duplicate" }
        only("whole table") { $0.server?.vms[0].isInStep = false }
        only("virtual switch is connected") { $0.server?.connected.removeLast() }
        only("0000000000000005 is not connected") { $0.server?.connected.removeFirst() }
        only("no datapath port") { $0.server?.rows = [] }
        only("is down") { $0.clients[Scene.vmID]?.ports[0].isUp = false }
        only("has refused 3 flows") { $0.proxies[0]?.datapaths[0].refused = 3 }
        let carried = missing {
            $0.proxies[0]?.datapaths[0].refused = 1
            let error = FlowError(
                dpID: Scene.dpID, source: Scene.mac, prefix: Scene.prefix, type: 3, code: 0,
                carrier: IPPrefix("172.16.0.0/12"))
            $0.server?.refusals = [.init(error)]
        }
        #expect(
            carried.last?.hasSuffix("172.31.4.0/24 (OpenFlow error 3/0): its packets follow 172.16.0.0/12")
                == true)
        only("which has not registered") {
            $0.server?.named.append(.init(vm: .init(VMID(rawValue: 7), 1), datapath: .init(Scene.dpID, 4)))
        }
        only("which has none") {
            $0.server?.named.append(.init(vm: .init(Scene.vmID, 5), datapath: .init(Scene.dpID, 5)))
        }
        only("not been seen on the virtual switch") {
            $0.server?.rows[0].virtual = nil
            $0.server?.vms[0].ports[4] = false
        }
    }

    @Test func whichRFProxyHasASwitchIsShownAndWhichStandBy() {
        var answers = Scene().answers
        answers.server?.proxies = [0, 1]
        answers.server?.connected.append(
            DatapathJoin(
                dpID: Scene.dpID, ctID: 1, isVirtualSwitch: false,
                ports: [.init(dpPort: 4, name: "sA-eth4", isUp: true)]))
        answers.proxies[1] = ProxyReport(
            ctID: 1, epoch: 8,
            datapaths: [
                .init(
                    dpID: Scene.dpID, isConnected: true, isMaster: false, flows: 0, waiting: 0, refused: 0,
                    isComplete: false)
            ])
        let status = Status(answers)
        #expect(status.missing == [])
        #expect(status.text.contains("0000000000000005  connected, 12 flows"))
        #expect(status.text.contains("0000000000000005  connected, spare"))
        answers.server?.named.append(.init(vm: .init(Scene.vmID, 5), datapath: .init(Scene.dpID, 5)))
        #expect(Status(answers).missing.count { $0.contains("which has none") } == 1)
    }

    @Test func datapathsThatNoVMHasAreOfNoConcernAndHideNoOther() {
        var answers = Scene().answers
        let strangers = (100..<300).map { number in
            ProxyReport.Datapath(
                dpID: DatapathID(rawValue: number), isConnected: true, isMaster: true, flows: 1, waiting: 0,
                refused: 1, isComplete: true)
        }
        answers.proxies[0]?.datapaths.insert(contentsOf: strangers, at: 0)
        let status = Status(answers)
        #expect(status.missing == [])
        let lines = status.text.split(separator: "\n")
        #expect(lines.contains("  and 184 more that no VM has"))
        #expect(lines.contains { $0.hasPrefix("  dp 0000000000000005  connected, 12 flows") })
        #expect(
            lines.count { $0.hasPrefix("  dp ") }
                == Scene().answers.proxies[0].map { $0.datapaths.count + 16 })
        answers.server = nil
        #expect(!Status(answers).text.contains("more that no VM has"), "only rfserver knows")
    }

    @Test func whatFollowsFromAnotherLossIsNotNamed() {
        let withoutProxy = missing {
            $0.proxies = [:]
            $0.server?.connected = []
            $0.server?.rows[0].virtual = nil
            $0.server?.vms[0].ports[4] = false
        }
        #expect(withoutProxy.count == 1 && withoutProxy[0].contains("rfproxy.0"), "\(withoutProxy)")
        let withoutVirtualSwitch = missing {
            $0.server?.connected.removeLast()
            $0.server?.rows[0].virtual = nil
            $0.server?.vms[0].ports[4] = false
        }
        #expect(
            withoutVirtualSwitch.count == 1 && withoutVirtualSwitch[0].contains("no virtual switch"),
            "\(withoutVirtualSwitch)")
    }
}
