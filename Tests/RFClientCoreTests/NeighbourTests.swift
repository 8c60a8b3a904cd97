import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

@Suite("Hosts on connected subnets")
struct NeighbourTests {
    private let key = NeighbourKey(linkIndex: 3, address: IPv4Address(rawValue: 0xAC1F_0102))
    private let host: IPPrefix = "172.31.1.2/32"

    private func router() -> Rig {
        var rig = Rig.router()
        rig.kernel.learn("172.31.1.2", on: 3, at: 0x0200_0000_0002)
        rig.settle()
        return rig
    }

    @Test("A host that changes its MAC address is followed (trap 10)")
    func hostMoves() {
        var rig = router()
        rig.kernel.learn("172.31.1.2", on: 3, at: 0x0200_0000_00BB)
        rig.settle()
        #expect(rig.word(host) == Forwarding(.host, port: 1, destination: 0x0200_0000_00BB))
    }

    @Test(
        "A forged neighbour outside of the interface's subnet gets no flow",
        arguments: ["8.8.8.8", "172.31.2.9", "10.0.3.9"])
    func forgedNeighbour(address: String) throws {
        var rig = router()
        rig.kernel.addRoute(route("0.0.0.0/0", via: "172.31.2.22", dev: 4))
        rig.settle()
        let before = rig.server.routes
        rig.kernel.learn(try #require(IPAddress(address)), on: 3, at: 0x0200_0000_0666)
        rig.settle()
        #expect(rig.server.routes == before)
        #expect(!rig.commands.contains { $0.key.address.description == address })
    }

    @Test(
        "Neighbours on the management interface, own addresses, and addresses that no station has get no flow"
    )
    func neighboursOfNoInterest() {
        var rig = router()
        let before = rig.server.routes
        rig.kernel.learn("10.0.3.1", on: 2, at: 0x0200_0000_0001)
        rig.kernel.learn("172.31.1.1", on: 3, at: 0x0200_0000_0666)
        rig.kernel.learn("172.31.1.20", on: 3, at: .zero)
        rig.kernel.learn("172.31.1.21", on: 3, at: .broadcast)
        rig.kernel.learn("172.31.1.22", on: 3, at: 0x0100_5E00_0001)
        rig.kernel.learn("172.31.1.23", on: 3, at: 0x0200_0000_0007, .noARP)
        rig.kernel.learn("224.0.0.5", on: 3, at: 0x0200_0000_0007)
        rig.kernel.learn("172.31.1.24", on: 3, at: Rig.vmID.dataAddress)
        rig.settle()
        #expect(rig.server.routes == before)
    }

    @Test("An idle host keeps its flow in every valid state, and no state costs a message")
    func idleStates() {
        var rig = router()
        let messages = rig.server.routeMessages
        for state in [.stale, .delay, .probe, .reachable, .permanent, .stale] as [NeighbourState] {
            rig.kernel.learn("172.31.1.2", on: 3, at: 0x0200_0000_0002, state)
            rig.settle()
            #expect(rig.word(host) == Forwarding(.host, port: 1, destination: 0x0200_0000_0002))
        }
        #expect(rig.server.routeMessages == messages)
    }

    @Test("A host in use is managed, and deleted when it has failed")
    func managedHost() {
        var rig = router()
        #expect(rig.commands == [.manage(key)])
        rig.kernel.learn("172.31.1.2", on: 3, at: nil, .failed)
        rig.settle()
        #expect(rig.word(host) == nil)
        #expect(rig.commands == [.manage(key), .delete(key)])
        #expect(rig.kernel.neighbours.isEmpty)
    }

    @Test("A failed neighbour that a route uses is left to the kernel, which goes on asking")
    func failedGateway() {
        var rig = router()
        rig.kernel.addRoute(route("10.0.0.0/8", via: "172.31.1.2", dev: 3))
        rig.settle()
        rig.kernel.learn("172.31.1.2", on: 3, at: nil, .failed)
        rig.settle()
        #expect(rig.word(host) == nil)
        #expect(rig.word("10.0.0.0/8") == Forwarding(.punt))
        #expect(rig.commands == [.manage(key)])

        rig.kernel.removeRoute(route("10.0.0.0/8", via: "172.31.1.2", dev: 3))
        rig.settle()
        #expect(rig.commands == [.manage(key), .delete(key)])
    }

    @Test(
        "A host whose entry is removed leaves at once; one that no subnet holds any more is not managed any longer"
    )
    func removedHost() {
        var rig = router()
        rig.kernel.forget("172.31.1.2", on: 3)
        rig.settle()
        #expect(rig.word(host) == nil)

        rig.kernel.learn("172.31.1.2", on: 3, at: 0x0200_0000_0002)
        rig.settle()
        rig.kernel.addRoute(route("172.31.1.0/25", via: "172.31.2.22", dev: 4))
        rig.settle()
        #expect(rig.word(host) == nil, "a more specific route leads elsewhere")
        #expect(rig.commands.last != .manage(key))
        #expect(rig.commands.contains(.unmanage(key)))

        rig.kernel.removeRoute(route("172.31.1.0/25", via: "172.31.2.22", dev: 4))
        rig.settle()
        #expect(rig.word(host) != nil)
    }

    @Test(
        "Beyond --max-hosts a host has no flow, is counted and logged, and takes the place of one that leaves"
    )
    func maxHosts() {
        var rig = Rig.router(maxHosts: 3)
        for last in 2...9 as ClosedRange<UInt32> {
            let address = IPAddress.v4(IPv4Address(rawValue: 0xAC1F_0100 | last))
            rig.kernel.learn(address, on: 3, at: MACAddress(rawValue: 0x0200_0000_0000 | UInt64(last)))
            rig.settle()
        }
        #expect(rig.prefixes(.host) == ["172.31.1.2/32", "172.31.1.3/32", "172.31.1.4/32"])
        #expect(rig.core.counts["host refused"] == 5)
        #expect(rig.log(containing: "limit of hosts").compactMap { $0.ids["count"] } == ["1", "2", "4"])
        #expect(rig.commands.count == 3)

        rig.kernel.forget("172.31.1.3", on: 3)
        rig.settle()
        #expect(rig.prefixes(.host) == ["172.31.1.2/32", "172.31.1.4/32", "172.31.1.5/32"])
    }

    @Test("What the kernel refuses to manage is asked for again later, not at once (trap 34)")
    func refusedToManage() {
        var rig = router()
        rig.kernel.unmanage("172.31.1.2", on: 3)
        rig.tell(.netlink(rig.kernel.takeEvents()))
        _ = rig.kernel.takeEvents()
        rig.effects = []
        rig.tell(.neighbourFailed(.manage(key), reason: "table full"))
        #expect(rig.commands.isEmpty)
        rig.pass(.seconds(4))
        #expect(rig.commands.isEmpty)
        rig.pass(.seconds(1))
        #expect(rig.commands == [.manage(key)])
    }

    @Test("A kernel that cannot manage is asked for a probe each time that an entry in use grows old")
    func oldKernel() {
        var care = NeighbourCare(canManage: false)
        let known = { (state: NeighbourState) in
            NeighbourTable.Entry(linkAddress: 0x0200_0000_0002, state: state, isManaged: false)
        }
        #expect(care.command(for: key, known(.reachable), isInUse: true, isLinkLive: true) == .manage(key))
        #expect(care.command(for: key, known(.reachable), isInUse: true, isLinkLive: true) == nil)
        #expect(care.command(for: key, known(.stale), isInUse: true, isLinkLive: true) == .probe(key))
        #expect(care.command(for: key, known(.stale), isInUse: false, isLinkLive: true) == .unmanage(key))
        #expect(Machine.canManage(release: "5.16.0-amd64") && Machine.canManage(release: "6.1.0"))
        #expect(!Machine.canManage(release: "5.15.99") && !Machine.canManage(release: "4.19.0-27"))
    }
}
