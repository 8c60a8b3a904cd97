import RFLib
import RFTestKit
import Testing

@testable import RFMongo

@Suite("When the database goes away", .serialized, .timeLimit(.minutes(5)))
struct OutageTests {
    @Test("A server killed in the middle: all that is sent afterwards arrives, in the order of each sender")
    func killed() async throws {
        let mongod = try await Mongod.started()
        let logs = LogLines()
        let reading = try mongod.service("killed", logs: logs)
        let writing = try mongod.service("killed")
        let (inbox, writers) = (Inbox(), Inbox())
        _ = reading.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        let names = [PeerName("020000000001"), PeerName("020000000002")]
        let senders = names.map { writing.open(.clients, as: $0, onEvent: writers.onEvent) }
        let send = { (numbers: ClosedRange<Int64>) in
            for (name, sender) in zip(names, senders) { sender.send(Samples.envelopes(numbers, from: name)) }
        }
        var received: [Envelope] = []
        send(1...1000)
        try await inbox.receive(into: &received, upTo: 1000, from: names)
        await mongod.kill()
        send(1001...1500)
        #expect(try await inbox.disconnected().isEmpty == false)
        send(1501...2000)
        try await mongod.start()
        try await inbox.connected()
        send(2001...2500)
        try await inbox.receive(into: &received, upTo: 2500, from: names)
        for name in names {
            var last: Int64 = 0
            for envelope in received where envelope.from == name && envelope.seq == last + 1 { last += 1 }
            #expect(last == 2500)
        }
        #expect(logs.count(of: "channel connected") == 2)
        await reading.close(within: .seconds(2))
        await writing.close(within: .seconds(2))
    }

    @Test("Inserts whose connection breaks are repeated until they succeed, and arrive once and in order")
    func brokenConnections() async throws {
        let mongod = try await Mongod.started()
        let ipc = try mongod.service("broken")
        let inbox = Inbox()
        _ = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        try await inbox.connected()
        try await mongod.run("admin") { (client) throws(MongoError) in
            _ = try client.run(
                document(
                    #"""
                    {"configureFailPoint": "failCommand", "mode": {"times": 3},
                     "data": {"failCommands": ["insert"], "closeConnection": true}}
                    """#))
        }
        let sender = ipc.open(.clients, as: Samples.client) { _ in }
        sender.send(Samples.envelopes(1...100))
        #expect(try await inbox.received(upTo: 100).map(\.seq) == Array(1...100))
        await ipc.close(within: .seconds(2))
    }

    @Test(
        "A primary that steps down and is elected again: what is sent in the meantime arrives, and epochs go on"
    )
    func election() async throws {
        let mongod = try await Mongod.replicaSet(of: 1)[0]
        let ipc = try mongod.service("election", options: "?replicaSet=r")
        #expect(try await ipc.nextEpoch(for: .rfserver) == 1)
        let inbox = Inbox()
        _ = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        let sender = ipc.open(.clients, as: Samples.client) { _ in }
        sender.send(Samples.envelopes(1...100))
        var received = try await inbox.received(upTo: 100)
        try await mongod.run("admin") { (client) throws(MongoError) in
            _ = try client.run(document(#"{"replSetStepDown": 2, "force": true}"#))
        }
        sender.send(Samples.envelopes(101...200))
        #expect(try await ipc.nextEpoch(for: .rfserver) >= 2)
        received += try await inbox.received(upTo: 200)
        var last: Int64 = 0
        for envelope in received where envelope.seq == last + 1 { last += 1 }
        #expect(last == 200)
        await ipc.close(within: .seconds(2))
    }

    @Test("When another server becomes the primary, the channel is read there")
    func anotherPrimary() async throws {
        let servers = try await Mongod.replicaSet(of: 2)
        let first = servers[0]
        let logs = LogLines()
        let ipc = try first.service("another", options: "?replicaSet=r", logs: logs)
        #expect(try await ipc.nextEpoch(for: .rfserver) == 1)
        let inbox = Inbox()
        _ = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        let sender = ipc.open(.clients, as: Samples.client) { _ in }
        sender.send(Samples.envelopes(1...100))
        var received = try await inbox.received(upTo: 100)
        let admin = try MongoPool(
            MongoURI("mongodb://127.0.0.1:\(first.port)/admin?replicaSet=r"), appName: "tests")
        _ = try await onThread {
            let client = MongoClient(admin)
            return Result { () throws(MongoError) in
                _ = try client.run(document(#"{"replSetStepDown": 30, "secondaryCatchUpPeriodSecs": 20}"#))
            }
        }.get()
        sender.send(Samples.envelopes(101...200))
        received += try await inbox.received(upTo: 200)
        var last: Int64 = 0
        for envelope in received where envelope.seq == last + 1 { last += 1 }
        #expect(last == 200)
        try await logs.line(containing: "another primary was elected")
        await ipc.close(within: .seconds(2))
    }

    @Test("Closing keeps to its limit while the server stands still")
    func closingWhilePaused() async throws {
        let mongod = try await Mongod.started()
        let ipc = try mongod.service("paused")
        let inbox = Inbox()
        let channel = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        try await inbox.connected()
        mongod.pause()
        channel.send([Samples.envelope(from: .rfserver, to: Samples.client)])
        ipc.save([.put(RFEntry(vm: .init(Samples.vmID, 1)))])
        let epoch = Task { try await ipc.nextEpoch(for: .rfserver) }
        let time = await ContinuousClock().measure { await ipc.close(within: .seconds(1)) }
        #expect(time < .seconds(2))
        await #expect(throws: CancellationError.self) { try await epoch.value }
        mongod.resume()
    }

    @Test("Closing keeps to its limit while there is no server at all")
    func closingWithoutServer() async throws {
        let mongod = try Mongod()
        let ipc = try mongod.service("absent")
        let inbox = Inbox()
        let channel = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        channel.send([Samples.envelope(from: .rfserver, to: Samples.client)])
        let reason = try await inbox.disconnected()
        #expect(reason.contains("127.0.0.1:\(mongod.port)"), "\(reason)")
        let time = await ContinuousClock().measure { await ipc.close(within: .milliseconds(1500)) }
        #expect(time < .seconds(2))
    }

    @Test("All that is sent is reported as written, what cannot be kept during an outage too")
    func reportsWhatIsWritten() async throws {
        let mongod = try await Mongod.started()
        let ipc = try mongod.service("written")
        let (events, told) = AsyncStream.makeStream(of: IPCEvent.self)
        let channel = ipc.open(.clients, as: .rfserver) { told.yield($0) }
        let envelope = Samples.envelope(from: .rfserver, to: Samples.client)
        var isBusy = 0
        var iterator = events.makeAsyncIterator()
        for count in [1, 2, 5] {
            channel.send(Array(repeating: envelope, count: count))
            isBusy += count
            while isBusy > 0, let event = await iterator.next() {
                if case .written(let written) = event { isBusy -= written }
            }
        }
        await mongod.kill()
        channel.send([envelope, envelope, envelope])
        isBusy += 3
        try await mongod.start()
        while isBusy > 0, let event = await iterator.next() {
            if case .written(let written) = event { isBusy -= written }
        }
        #expect(isBusy == 0)
        await ipc.close(within: .seconds(2))
    }

    @Test("A loss of the database is told once, and logged with its reason, however often it is tried")
    func oneLine() async throws {
        let mongod = try await Mongod.started()
        let logs = LogLines()
        let ipc = try mongod.service("oneLine", logs: logs)
        let inbox = Inbox()
        let channel = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        try await inbox.connected()
        await mongod.kill()
        _ = try await inbox.disconnected()
        channel.send([Samples.envelope(from: .rfserver, to: Samples.client)])
        try await mongod.start()
        #expect(try await inbox.next() == .connected)
        await ipc.close(within: .seconds(2))
        #expect(logs.count(of: "info channel connected") == 2)
        #expect((1...4).contains(logs.count(of: "warning channel disconnected, trying again")))
    }
}
