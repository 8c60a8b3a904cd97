import Logging
import NetTypes
import RFLib
import RFServerCore
import RFTestKit
import ServiceLifecycle
import Synchronization

/// A whole rfserver in this process, with the real decisions.
final class RunningServer: Sendable {
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ database: InMemoryDatabase) {
        let logger = Logger(label: "rfserver") { _ in SwiftLogNoOpLogHandler() }
        let service = ServerService(
            ipc: InMemoryIPC(database), mapping: MappingFile(), isStrict: false, settings: ServerSettings(),
            virtualSwitch: nil, recorder: nil, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
        self.group = group
        task = Task { try await group.run() }
    }

    /// Ends it as SIGTERM does.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await task.value
    }
}

/// A VM that says what a test wants, beside a real rfserver.
final class VMEnd: Sendable {
    private struct Words: WantedState {
        var messages: [RFKey: RFMessage] = [:]

        func keys(for peer: PeerName) -> [RFKey] { Array(messages.keys) }
        func message(for key: RFKey) -> RFMessage? { messages[key] }
    }

    private struct State {
        var words = Words()
        var conversation: Conversation
        var channel: (any IPCChannel)?
        var token: UInt64 = 0
    }

    private let state: Mutex<State>
    private let started = ContinuousClock.now

    init(_ database: InMemoryDatabase, _ vmID: VMID, ports: ClosedRange<UInt8>) {
        let conversation = Conversation(me: .rfclient(vmID), epoch: 1, peer: .rfserver, at: .start)
        state = Mutex(State(conversation: conversation))
        let channel = InMemoryIPC(database).open(.clients, as: .rfclient(vmID)) { [weak self] event in
            guard let self, case .received(let envelopes) = event else { return }
            self.update { state, now in
                for delivery in envelopes.flatMap({ state.conversation.receive($0, at: now) }) {
                    guard case .messages(let messages) = delivery else { continue }
                    for case .vmConfig(let config) in messages { state.token = config.token }
                }
            }
        }
        state.withLock { $0.channel = channel }
        say(
            .vmRegisterRequest(
                VMRegisterRequest(
                    vmID: vmID, bootID: "b",
                    ports: ports.map {
                        .init(vmPort: $0, name: "eth\($0)", hwAddress: vmID.dataAddress, isUp: true)
                    }
                )))
    }

    func say(_ message: RFMessage) {
        update { state, _ in
            guard let key = message.key else { return }
            state.words.messages[key] = message.isRemoval ? nil : message
            state.conversation.changed(key)
        }
    }

    /// What its mapping frames have to carry; 0 while rfserver has not said it.
    var token: UInt64 { state.withLock { $0.token } }

    /// Says what is due: nobody else keeps the time for it.
    func tick() { update { _, _ in } }

    private func update(_ body: (inout State, Instant) -> Void) {
        let now = Instant(sinceStart: ContinuousClock.now - started)
        let (channel, envelopes) = state.withLock { state in
            body(&state, now)
            return (state.channel, state.conversation.flush(state.words, at: now))
        }
        if !envelopes.isEmpty { channel?.send(envelopes) }
    }
}
