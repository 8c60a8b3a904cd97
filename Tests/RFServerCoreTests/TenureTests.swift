import Logging
import NetTypes
import RFLib
import RFServerCore
import Testing

@Suite("An rfserver under a lease")
struct TenureTests {
    private func sent(_ effects: [ServerEffect]) -> [Envelope] {
        effects.flatMap { effect -> [Envelope] in
            if case .send(_, let envelopes) = effect { envelopes } else { [] }
        }
    }

    private func core(_ now: Instant) -> ServerCore {
        ServerCore(
            table: RFTable(stored: [RFEntry(vm: .init(VMID(rawValue: 0x0200_0000_00A1), 1))]), epoch: 7,
            at: now)
    }

    @Test("Its first word on each channel goes to everybody")
    func greeting() {
        var core = core(.start)
        let effects = core.handle(.timePassed, at: .start)
        for channel in [ChannelName.clients, .proxies] {
            let first = effects.lazy.compactMap { effect -> Envelope? in
                if case .send(channel, let envelopes) = effect { envelopes.first } else { nil }
            }.first
            #expect(first?.to == .all)
            #expect(first?.epoch == 7)
            #expect(first?.toEpoch == 0)
            #expect(first?.kind == .syncRequest)
        }
        let later = core.handle(.timePassed, at: .start.advanced(by: .seconds(60)))
        #expect(!sent(later).contains { $0.to == .all })
    }

    @Test("It writes nothing while its lease may be another's, and goes on once it is renewed")
    func doubt() {
        var core = core(.start)
        _ = core.handle(.leaseRenewed(ago: .milliseconds(100)), at: .start)
        let sure = Instant.start.advanced(by: .milliseconds(1399))
        #expect(core.handle(.timePassed, at: sure).allSatisfy { if case .log = $0 { false } else { true } })

        let unsure = Instant.start.advanced(by: .seconds(30))
        let effects = core.handle(.timePassed, at: unsure)
        #expect(effects.allSatisfy { if case .log = $0 { true } else { false } })
        #expect(effects.count { if case .log(let line) = $0 { line.level == .warning } else { false } } == 1)
        #expect(core.deadline == nil)

        let renewed = core.handle(.leaseRenewed(ago: .zero), at: unsure)
        #expect(!sent(renewed).isEmpty)
        #expect(core.deadline != nil)
    }

    private static func isRetirement(_ effect: ServerEffect) -> Bool {
        if case .log(let line) = effect { line.message.hasPrefix("VM silent") } else { false }
    }

    @Test("It takes nobody for silent who could not write either, but does so after a whole time-out")
    func silence() {
        var core = core(.start)
        let timeout = ServerSettings().vmTimeout
        _ = core.handle(.leaseRenewed(ago: .zero), at: .start)
        _ = core.handle(.ipc(.clients, .connected), at: .start)
        var now = Instant.start.advanced(by: timeout + .seconds(1))
        #expect(!core.handle(.timePassed, at: now).contains(where: Self.isRetirement))
        #expect(!core.handle(.leaseRenewed(ago: .zero), at: now).contains(where: Self.isRetirement))
        let again = now
        repeat {
            now = now.advanced(by: .seconds(1))
            let effects = core.handle(.leaseRenewed(ago: .zero), at: now)
            #expect(effects.contains(where: Self.isRetirement) == (again.duration(to: now) == timeout))
        } while again.duration(to: now) < timeout
    }

    @Test("It takes a VM for silent in spite of a lease that is ever a little late")
    func lateRenewals() {
        var core = core(.start)
        _ = core.handle(.ipc(.clients, .connected), at: .start)
        var now = Instant.start
        var isRetired = false
        while !isRetired, now < .start.advanced(by: ServerSettings().vmTimeout + .seconds(2)) {
            let effects =
                core.handle(.leaseRenewed(ago: .milliseconds(800)), at: now)
                + core.handle(.timePassed, at: now.advanced(by: .milliseconds(800)))
            isRetired = effects.contains(where: Self.isRetirement)
            now = now.advanced(by: .milliseconds(900))
        }
        #expect(isRetired)
    }

    @Test("It ends when another has taken the lease, or speaks with a later term")
    func superseded() {
        var core = core(.start)
        _ = core.handle(.timePassed, at: .start)
        var other = core
        let isStop = { (effect: ServerEffect) in if case .stop = effect { true } else { false } }
        #expect(core.handle(.leaseLost, at: .start).contains(where: isStop))
        #expect(core.handle(.timePassed, at: .start).isEmpty)

        let greeting = { (epoch: Int64) in
            Envelope(
                from: .rfserver, to: .all, epoch: epoch, toEpoch: 0, stream: 0, seq: 0, kind: .syncRequest,
                content: [.syncRequest(SyncRequest(stream: 0))])
        }
        #expect(!other.handle(.ipc(.clients, .received([greeting(7)])), at: .start).contains(where: isStop))
        #expect(other.handle(.ipc(.clients, .received([greeting(8)])), at: .start).contains(where: isStop))
    }
}
