import Synchronization

@testable import Netlink

/// What a monitor delivered, in order, for a test to wait on.
final class Events: Sendable {
    private struct State {
        var all: [NetlinkEvent] = []
    }

    private let state = Mutex(State())
    private let batches: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init() {
        (batches, arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The callback for a monitor.
    var sink: @Sendable ([NetlinkEvent]) -> Void {
        { batch in
            self.state.withLock { $0.all += batch }
            PrivateNetwork.wake { self.arrived.yield() }
        }
    }

    /// Waits until a test of all events so far is true, and returns them. The suite's time limit ends a vain wait.
    @discardableResult
    func wait(until isEnough: ([NetlinkEvent]) -> Bool) async throws -> [NetlinkEvent] {
        var arrivals = batches.makeAsyncIterator()
        while true {
            let all = state.withLock { $0.all }
            if isEnough(all) { return all }
            _ = await arrivals.next()
            try Task.checkCancellation()
        }
    }

    /// Forgets what came so far.
    func forget() {
        state.withLock { $0.all = [] }
    }

    /// Waits for the next dump of the kind to end, and returns its entries.
    func dump(_ kind: DumpKind) async throws -> [NetlinkEvent] {
        let all = try await wait { $0.contains(.dumpEnded(kind)) }
        guard let begin = all.lastIndex(of: .dumpBegan(kind)), let end = all.lastIndex(of: .dumpEnded(kind))
        else { return [] }
        return Array(all[begin..<end].dropFirst())
    }
}

extension NetlinkEvent {
    var route: Route? {
        if case .route(let route, _) = self { route } else { nil }
    }
    var removedRoute: Route? {
        if case .routeRemoved(let route) = self { route } else { nil }
    }
    var link: Link? {
        if case .link(let link) = self { link } else { nil }
    }
    var neighbour: Neighbour? {
        if case .neighbour(let neighbour) = self { neighbour } else { nil }
    }
}
