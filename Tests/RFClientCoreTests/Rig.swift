import NetTypes
import Netlink
import RFLib
import RFTestKit
import Testing

@testable import RFClientCore

/// A VM with a model of its kernel on one side, and an rfserver that only keeps the table on the other.
struct Rig {
    static let vmID = VMID(rawValue: 0x02A0_A0A0_A001)

    var kernel = FakeKernel()
    var core: ClientCore
    var server: FakeServer
    var now = Instant.start
    /// Everything that the core has decided, but for what went to the server.
    var effects: [ClientEffect] = []
    /// Dumps that the kernel has yet to answer.
    var dumps: [Set<DumpKind>] = []
    var dumpCount = 0

    init(epoch: Int64 = 1, maxHosts: Int = 4096, server: FakeServer = FakeServer(epoch: 1)) {
        core = ClientCore(
            .init(vmID: Self.vmID, bootID: "boot", epoch: epoch, maxHosts: maxHosts))
        self.server = server
    }

    /// A VM with `eth0` for management and three data ports, each in a network of its own.
    static func router(epoch: Int64 = 1, maxHosts: Int = 4096) -> Rig {
        var rig = Rig(epoch: epoch, maxHosts: maxHosts)
        rig.kernel.addLink(1, "lo", .zero, flags: [.up, .running, .lowerUp, .loopback])
        rig.kernel.addLink(2, "eth0", MACAddress(rawValue: vmID.rawValue))
        for port in 1...3 as ClosedRange<UInt32> {
            rig.kernel.addLink(port + 2, "eth\(port)", vmID.dataAddress)
            rig.kernel.addAddress(.v4(IPv4Address(rawValue: 0xAC1F_0001 | port << 8)), 24, on: port + 2)
        }
        rig.kernel.addAddress("10.0.3.2", 24, on: 2)
        rig.start()
        return rig
    }

    /// Tells the core for the first time, and lets all come to rest.
    mutating func start() {
        tell(.timePassed)
        settle()
    }

    /// Tells the core one event, and carries out what it decides.
    mutating func tell(_ event: ClientEvent) {
        for effect in core.handle(event, at: now) {
            switch effect {
            case .send(let envelopes): server.receive(envelopes, at: now)
            case .dump(let kinds):
                dumps.append(kinds)
                dumpCount += 1
            case .neighbour(let command):
                effects.append(effect)
                obey(command)
            case .setLinkAddress(let index, let address):
                effects.append(effect)
                kernel.setLinkAddress(index, address)
            case .apply:
                effects.append(effect)
                tell(.settingsApplied(notes: []))
            case .sendFrame, .log, .stop:
                effects.append(effect)
            }
        }
    }

    private mutating func obey(_ command: NeighbourCommand) {
        let address = IPAddress.v4(command.key.address)
        let link = command.key.linkIndex
        switch command {
        case .manage: kernel.manage(address, on: link)
        case .unmanage: kernel.unmanage(address, on: link)
        case .delete: kernel.forget(address, on: link)
        case .probe: break
        }
    }

    /// Hands over what the kernel has said, in a batch.
    mutating func deliver() {
        let events = kernel.takeEvents()
        if !events.isEmpty { tell(.netlink(events)) }
    }

    /// Lets the kernel answer the oldest request for dumps.
    mutating func answerDump() {
        guard !dumps.isEmpty else { return }
        // What was said before the dump comes before it.
        deliver()
        kernel.dump(dumps.removeFirst())
        deliver()
    }

    /// Until nobody has anything to say.
    mutating func settle() {
        for _ in 0..<1000 {
            deliver()
            let answers = server.flush(at: now)
            if !answers.isEmpty { tell(.ipc(.received(answers))) }
            if !dumps.isEmpty {
                answerDump()
            } else if answers.isEmpty {
                guard server.conversation.deadline <= now.advanced(by: .milliseconds(300)) else { return }
                pass(.milliseconds(200))
            }
        }
        Issue.record("the rig does not come to rest")
    }

    /// Lets time pass.
    mutating func pass(_ duration: Duration) {
        now = now.advanced(by: duration)
        tell(.timePassed)
    }

    // MARK: Questions

    var wanted: [IPPrefix: Forwarding] { kernel.wanted(vmID: Self.vmID, management: "eth0") }

    /// What rfserver knows of a prefix.
    func word(_ prefix: IPPrefix) -> Forwarding? { server.routes[prefix] }

    /// The prefixes of a kind that rfserver knows.
    func prefixes(_ kind: RouteKind) -> Set<IPPrefix> {
        Set(server.routes.filter { $0.value.kind == kind }.keys)
    }

    var frames: [(link: UInt32, frame: MappingFrame)] {
        effects.compactMap {
            guard case .sendFrame(let link, let bytes) = $0 else { return nil }
            return MappingFrame(bytes: bytes).map { (link, $0) }
        }
    }

    var commands: [NeighbourCommand] {
        effects.compactMap { if case .neighbour(let command) = $0 { command } else { nil } }
    }

    var stopReason: String? {
        effects.lazy.compactMap { if case .stop(let reason) = $0 { reason } else { nil } }.first
    }

    func log(containing text: String) -> [LogLine] {
        effects.compactMap {
            if case .log(let line) = $0, line.message.contains(text) { line } else { nil }
        }
    }
}

/// An rfserver that keeps what it is told, and can say what it is given to say.
struct FakeServer {
    var conversation: Conversation
    var routes: [IPPrefix: Forwarding] = [:]
    var registration: VMRegisterRequest?
    var table = FakeTable()
    /// Messages on routes that told nothing new, outside of a whole table.
    var idleMessages = 0
    var syncs = 0
    /// Messages on routes.
    var routeMessages = 0
    private var isSyncing = false

    init(epoch: Int64) {
        conversation = Conversation(
            me: .rfserver, epoch: epoch, peer: .rfclient(Rig.vmID), at: .start)
    }

    mutating func receive(_ envelopes: [Envelope], at now: Instant) {
        for envelope in envelopes {
            for delivery in conversation.receive(envelope, at: now) {
                switch delivery {
                case .begin:
                    isSyncing = true
                    syncs += 1
                case .messages(let messages): messages.forEach { take($0) }
                case .end(let named):
                    isSyncing = false
                    routes = routes.filter { named?.contains(.route(Rig.vmID, $0.key)) ?? true }
                case .rejected, .superseded, .dropped: break
                }
            }
        }
    }

    private mutating func take(_ message: RFMessage) {
        switch message {
        case .vmRegisterRequest(let request): registration = request
        case .routeInfo(let info):
            #expect(info.source == Rig.vmID.dataAddress)
            routeMessages += 1
            if !isSyncing, routes[info.prefix] == info.forwarding { idleMessages += 1 }
            routes[info.prefix] = info.forwarding
        default: Issue.record("rfclient does not say \(message)")
        }
    }

    /// Says something from now on, or no longer.
    mutating func say(_ message: RFMessage) {
        guard let key = message.key else { return }
        table.messages[key] = message.isRemoval ? nil : message
        conversation.changed(key)
    }

    mutating func flush(at now: Instant) -> [Envelope] { conversation.flush(table, at: now) }
}

struct FakeTable: WantedState {
    var messages: [RFKey: RFMessage] = [:]

    func keys(for peer: PeerName) -> [RFKey] {
        messages.keys.sorted { "\($0)" < "\($1)" }
    }

    func message(for key: RFKey) -> RFMessage? { messages[key] }
}

extension IPAddress: ExpressibleByStringLiteral {
    init(stringLiteral text: String) {
        guard let address = IPAddress(text) else { preconditionFailure("\(text) is no address") }
        self = address
    }
}

extension IPPrefix: ExpressibleByStringLiteral {
    init(stringLiteral text: String) {
        guard let prefix = IPPrefix(text) else { preconditionFailure("\(text) is no prefix") }
        self = prefix
    }
}

extension MACAddress: ExpressibleByIntegerLiteral {
    init(integerLiteral value: UInt64) { self.init(rawValue: value) }
}

/// A route via a gateway.
func route(
    _ prefix: IPPrefix, via gateway: IPAddress, dev link: UInt32, metric: UInt32 = 0
) -> Route {
    Route(prefix: prefix, priority: metric, nextHops: [NextHop(linkIndex: link, gateway: gateway)])
}
