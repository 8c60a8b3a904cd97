import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

@Suite("The ports' address, and mapping frames")
struct PortTests {
    private func config(token: UInt64 = 77) -> RFMessage {
        .vmConfig(
            VMConfig(vmID: Rig.vmID, portCount: 3, hwAddress: Rig.vmID.dataAddress, token: token))
    }

    private func mapped(_ port: UInt8, isRemoval: Bool = false) -> RFMessage {
        .vmPortMapped(VMPortMapped(vmID: Rig.vmID, vmPort: port, isRemoval: isRemoval))
    }

    /// A router that has been configured, with nothing sent since.
    private func configured() -> Rig {
        var rig = Rig.router()
        rig.server.say(config())
        rig.settle()
        return rig
    }

    private func framed(_ rig: Rig) -> [UInt8] { rig.frames.map(\.frame.vmPort) }

    @Test("A port's address is set where it differs, and only there")
    func addresses() {
        var rig = Rig.router()
        rig.kernel.setLinkAddress(4, 0x0200_0000_0004)
        rig.settle()
        rig.server.say(config())
        rig.settle()
        let set = rig.effects.filter { if case .setLinkAddress = $0 { true } else { false } }
        #expect(set == [.setLinkAddress(linkIndex: 4, Rig.vmID.dataAddress)])
        #expect(
            rig.server.registration?.ports.map(\.hwAddress)
                == Array(repeating: Rig.vmID.dataAddress, count: 3))
    }

    @Test("An address that the kernel refuses is tried again later, not at once")
    func refusedAddress() {
        var links = LinkTable(management: "eth0")
        _ = links.update(Link(index: 3, name: "eth1", address: 0x0200_0000_0003))
        var addresses = PortAddresses()
        #expect(addresses.due(0x0200_0000_0001, links, at: .start) == [3])
        #expect(addresses.due(0x0200_0000_0001, links, at: .start) == [])
        addresses.refused(at: .start)
        let later = Instant.start.advanced(by: .seconds(5))
        #expect(addresses.due(0x0200_0000_0001, links, at: .start) == [])
        #expect(addresses.deadline == later)
        #expect(addresses.due(0x0200_0000_0001, links, at: later) == [3])
    }

    @Test("Each port announces itself with the token, by the interface with its number (trap 20, trap 24)")
    func frames() throws {
        let rig = configured()
        let frame = try #require(rig.frames.first { $0.frame.vmPort == 2 })
        #expect(frame.link == 4)
        #expect(
            frame.frame
                == MappingFrame(source: Rig.vmID.dataAddress, vmID: Rig.vmID, vmPort: 2, token: 77))
    }

    @Test(
        "A port that is not confirmed is announced again, from 100 ms on, twice as long each time, up to 5 s (trap 23)"
    )
    func backoff() throws {
        var rig = configured()
        for port in [1, 2] as [UInt8] { rig.server.say(mapped(port)) }
        rig.settle()
        rig.server.say(config(token: 78))
        for port in [1, 2] as [UInt8] {
            rig.server.say(mapped(port, isRemoval: true))
            rig.server.say(mapped(port))
        }
        rig.settle()
        rig.effects = []
        var times: [Duration] = []
        var last = rig.now
        for _ in 0..<12 {
            let deadline = try #require(rig.core.announcer.deadline)
            rig.now = deadline
            rig.tell(.timePassed)
            times.append(last.duration(to: deadline))
            last = deadline
        }
        #expect(framed(rig).allSatisfy { $0 == 3 } && framed(rig).count == 12)
        let steps = times.dropFirst().map { $0 / .milliseconds(1) }
        for (step, next) in zip(steps, steps.dropFirst()) { #expect(next <= step * 2.7) }
        #expect(times.dropFirst(8).allSatisfy { $0 >= .milliseconds(3750) && $0 <= .seconds(5) })
    }

    @Test("A confirmed port is silent, until the confirmation is withdrawn or the token is another (trap 13)")
    func confirmation() {
        var rig = configured()
        for port in [1, 2, 3] as [UInt8] { rig.server.say(mapped(port)) }
        rig.settle()
        rig.effects = []
        rig.pass(.seconds(60))
        #expect(framed(rig) == [])
        #expect(rig.core.announcer.deadline == nil)

        rig.server.say(mapped(2, isRemoval: true))
        rig.settle()
        #expect(Set(framed(rig)) == [2])
        rig.server.say(mapped(2))
        rig.settle()

        rig.effects = []
        rig.server.say(config(token: 78))
        rig.settle()
        #expect(Set(framed(rig)) == [1, 2, 3])
        #expect(rig.frames.allSatisfy { $0.frame.token == 78 })
    }

    @Test("After rfserver's restart the ports that it does not confirm are announced again (trap 1)")
    func serverRestarts() {
        var rig = configured()
        for port in [1, 2, 3] as [UInt8] { rig.server.say(mapped(port)) }
        rig.settle()
        rig.effects = []
        rig.server = FakeServer(epoch: 2)
        rig.server.say(config())
        rig.server.say(mapped(1))
        rig.settle()
        #expect(Set(framed(rig)) == [2, 3])
    }

    @Test("A port that is down is announced at once when it comes up (trap 23)")
    func portDown() {
        var rig = Rig.router()
        rig.kernel.setUp(5, false)
        rig.server.say(config())
        rig.settle()
        #expect(Set(framed(rig)) == [1, 2])
        for port in [1, 2] as [UInt8] { rig.server.say(mapped(port)) }
        rig.settle()
        rig.pass(.seconds(60))
        rig.effects = []
        rig.kernel.setUp(5, true)
        rig.deliver()
        #expect(framed(rig) == [3])
    }

    @Test("A frame that cannot be sent is counted, and sent again with the next step")
    func frameFails() {
        var rig = configured()
        rig.tell(.frameFailed(linkIndex: 3, reason: "ENETDOWN"))
        rig.effects = []
        rig.pass(.seconds(10))
        #expect(Set(framed(rig)) == [1, 2, 3])
        #expect(rig.log(containing: "could not be sent").isEmpty)
        #expect(rig.core.counts["a mapping frame could not be sent"] == 1)
    }
}
