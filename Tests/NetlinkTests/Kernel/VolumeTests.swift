import Dispatch
import NetTypes
import Synchronization
import Testing

@testable import Netlink

extension KernelTests {
    @Suite(.serialized) struct Volume {
        private func additions(_ count: Int) -> [String] {
            (0..<count).map { "route add 20.\($0 >> 16 & 255).\($0 >> 8 & 255).\($0 & 255)/32 via 10.0.0.2" }
        }

        @Test func `100,000 routes arrive without an overrun, and a dump has them all`() async throws {
            let lab = try await Lab()
            let count = 100_000
            let seen = Mutex(0)
            let done = AsyncStream.makeStream(of: Void.self)
            let monitor = try await lab.network.run {
                try NetlinkMonitor { batch in
                    let total = seen.withLock { seen in
                        seen += batch.count { $0.route != nil }
                        return seen
                    }
                    if total == count { done.continuation.finish() }
                }
            }
            try await lab.network.ipBatch(additions(count))
            for await _ in done.stream {}
            #expect(seen.withLock { $0 } == count)
            #expect(monitor.counters.overruns == 0)
            #expect(monitor.counters.malformed == 0)
            monitor.stop()

            lab.events.forget()
            lab.monitor.dump([.routes])
            #expect(try await lab.events.dump(.routes).count { $0.route?.prefix.isHost ?? false } == count)
        }

        @Test func `A receive buffer that runs over is reported, and a new dump is complete`() async throws {
            let lab = try await Lab()
            let events = Events()
            let gate = Gate()
            let monitor = try await lab.network.run {
                try NetlinkMonitor(configuration: .init(receiveBuffer: 4096)) { batch in
                    gate.pass()
                    events.sink(batch)
                }
            }
            defer { monitor.stop() }
            try await lab.network.ipBatch(additions(2000))
            gate.open()
            try await events.wait { $0.contains(.overrun) }
            #expect(monitor.counters.overruns > 0)

            events.forget()
            monitor.dump([.routes])
            #expect(try await events.dump(.routes).count { $0.route?.prefix.isHost ?? false } == 2000)
        }

        @Test func `Routes that change during dumps are right in the end`() async throws {
            let lab = try await Lab()
            let add = additions(20_000)
            let remove = add.map { $0.replacing("route add", with: "route del") }
            try await lab.network.ipBatch(add)
            async let churn: Void = lab.network.ipBatch(remove)
            let table = Table()
            let monitor = try await lab.network.run { try NetlinkMonitor(deliver: table.sink) }
            defer { monitor.stop() }
            for _ in 0..<3 { monitor.dump([.routes]) }
            try await churn
            try await lab.network.ip("route add blackhole 203.0.113.0/24")
            // A dump may show the new route before the events of what went earlier are read.
            try await table.wait { routes in
                routes.contains { $0.prefix == IPPrefix("203.0.113.0/24") }
                    && !routes.contains { $0.prefix.isHost }
            }
            #expect(monitor.counters.overruns == 0)
        }
    }
}

/// Holds one thread until it is opened, and then lets all pass.
private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func pass() {
        semaphore.wait()
        semaphore.signal()
    }

    func open() {
        semaphore.signal()
    }
}

/// The routing table as one who follows the rules of `NetlinkEvent` knows it.
private final class Table: Sendable {
    private struct State {
        var routes: Set<Route> = []
        var dumped: Set<Route>?
    }

    private let state = Mutex(State())
    private let changes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    var routes: Set<Route> { state.withLock { $0.routes } }

    var sink: @Sendable ([NetlinkEvent]) -> Void {
        { batch in
            self.state.withLock { state in batch.forEach { Self.apply($0, &state) } }
            PrivateNetwork.wake { self.changes.continuation.yield() }
        }
    }

    private static func apply(_ event: NetlinkEvent, _ state: inout State) {
        switch event {
        case .dumpBegan(.routes): state.dumped = []
        case .dumpEnded(.routes):
            state.routes = state.dumped ?? []
            state.dumped = nil
        case .route(let route, _):
            if state.dumped == nil { state.routes.insert(route) } else { state.dumped?.insert(route) }
        case .routeRemoved(let route): state.routes.remove(route)
        default: break
        }
    }

    func wait(until isEnough: (Set<Route>) -> Bool) async throws {
        var arrivals = changes.stream.makeAsyncIterator()
        while !isEnough(routes) {
            _ = await arrivals.next()
            try Task.checkCancellation()
        }
    }
}
