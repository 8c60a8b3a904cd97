import NetTypes
import RFLib
import RFTestKit
import Testing

@testable import RFMongo

@Suite("Channels", .timeLimit(.minutes(5)))
struct ChannelTests {
    /// What rfserver reads of the VMs.
    private static let toServer = ChannelRings(.clients, size: 1 << 20).toServer

    /// Puts a collection that is not capped in the place of that: in one step, before a reader can make it again itself.
    private static func replace(on mongod: Mongod, in database: String) async throws {
        try await mongod.run(database) { (client) throws(MongoError) in
            _ = try client.run { $0.append("create", "other") }
        }
        try await mongod.run("admin") { (client) throws(MongoError) in
            _ = try client.run {
                $0.append("renameCollection", "\(database).other")
                $0.append("to", "\(database).\(toServer.name)")
                $0.append("dropTarget", true)
            }
        }
    }

    @Test("10,000 envelopes arrive once, in order and unchanged")
    func orderAndExactness() async throws {
        let ipc = try await Mongod.shared().service("exactness")
        let inbox = Inbox()
        _ = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        let sender = ipc.open(.clients, as: Samples.client) { _ in }
        let sent = (1...10_000).map { seq in
            Samples.envelope([Samples.route("10.\(seq / 256).\(seq % 256).0/24")], seq: Int64(seq))
        }
        for start in stride(from: 0, to: sent.count, by: 7) {
            sender.send(Array(sent[start..<min(start + 7, sent.count)]))
        }
        let received = try await inbox.received(upTo: 10_000)
        #expect(received == sent)
        await ipc.close(within: .seconds(2))
    }

    @Test("A reader that is there before the collection, and before any document, gets the first one")
    func readerFirst() async throws {
        let ipc = try await Mongod.shared().service("readerFirst")
        let inbox = Inbox()
        _ = ipc.open(.proxies, as: .rfserver, onEvent: inbox.onEvent)
        #expect(try await inbox.next() == .connected)
        let sender = ipc.open(.proxies, as: .rfproxy(0)) { _ in }
        let sent = Samples.envelope(from: .rfproxy(0))
        sender.send([sent])
        #expect(try await inbox.next() == .received([sent]))
        await ipc.close(within: .seconds(2))
    }

    @Test("A reader that comes later reads from the oldest on, and only what is for it")
    func readerLater() async throws {
        let mongod = try await Mongod.shared()
        let early = try mongod.service("readerLater")
        let sender = early.open(.clients, as: Samples.client) { _ in }
        sender.send([
            Samples.envelope(seq: 1), Samples.envelope(seq: 2, to: .rfproxy(1)), Samples.envelope(seq: 3),
        ])
        await early.close(within: .seconds(5))
        let late = try mongod.service("readerLater")
        let inbox = Inbox()
        _ = late.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        #expect(try await inbox.received(upTo: 3).map(\.seq) == [1, 3])
        await late.close(within: .seconds(2))
    }

    @Test("Two channels, and two readers of one, do not disturb each other")
    func independence() async throws {
        let ipc = try await Mongod.shared().service("independence")
        let (server, proxy, clients) = (Inbox(), Inbox(), Inbox())
        let toProxies = ipc.open(.proxies, as: .rfserver, onEvent: server.onEvent)
        let toServer = ipc.open(.proxies, as: .rfproxy(0), onEvent: proxy.onEvent)
        let toClients = ipc.open(.clients, as: .rfserver, onEvent: clients.onEvent)
        toProxies.send([Samples.envelope(seq: 1, from: .rfserver, to: .rfproxy(0))])
        toServer.send([Samples.envelope(seq: 2, from: .rfproxy(0))])
        toClients.send([Samples.envelope(seq: 3, from: .rfserver)])
        #expect(try await proxy.received(upTo: 1, from: .rfserver).map(\.seq) == [1])
        #expect(try await server.received(upTo: 2, from: .rfproxy(0)).map(\.seq) == [2])
        #expect(try await clients.received(upTo: 3, from: .rfserver).map(\.seq) == [3])
        await ipc.close(within: .seconds(2))
    }

    @Test(
        "What is for rfserver and what is for the others have a collection each, what is for all is in both")
    func twoCollections() async throws {
        let mongod = try await Mongod.shared()
        let ipc = try mongod.service("twoCollections")
        let server = ipc.open(.proxies, as: .rfserver) { _ in }
        let proxy = ipc.open(.proxies, as: .rfproxy(0)) { _ in }
        server.send([
            Samples.envelope(from: .rfserver, to: .all), Samples.envelope(from: .rfserver, to: .rfproxy(0)),
            Samples.envelope(from: .rfserver, to: .rfproxy(1)),
        ])
        proxy.send([Samples.envelope(from: .rfproxy(0)), Samples.envelope(from: .rfproxy(0), to: .all)])
        await ipc.close(within: .seconds(5))
        for (name, readers) in [
            ("rfproxy->rfserver", ["all", "all", "rfserver"]),
            ("rfserver->rfproxy", ["all", "all", "rfproxy.0", "rfproxy.1"]),
        ] {
            let found = try await mongod.run("twoCollections") { (client) throws(MongoError) in
                try client.run {
                    $0.append("find", name)
                    $0.append(
                        "filter", document: { $0.append("epoch", document: { $0.append("$gt", Int64(0)) }) })
                }.read { (document) throws(BSONError) in
                    var cursor = try document.document("cursor")
                    return try cursor.list("firstBatch") { (envelope) throws(BSONError) in
                        try envelope.read("to", as: String.self)
                    }
                }
            }
            #expect(found.sorted() == readers)
        }
    }

    @Test("A reader that the ring overtook reads again from the oldest that is left")
    func overwrittenRing() async throws {
        let mongod = try await Mongod.shared()
        let logs = LogLines()
        let ipc = try mongod.service("ring", ringSize: 256 << 10, logs: logs)
        let inbox = Inbox()
        let (busy, goOn) = (Latch(), Latch())
        let sender = ipc.open(.clients, as: Samples.client) { _ in }
        sender.send(Samples.envelopes(1...1))
        _ = ipc.open(.clients, as: .rfserver) { event in
            inbox.onEvent(event)
            guard case .received = event, !busy.isSet else { return }
            busy.set()
            goOn.wait(atMost: .seconds(200))
        }
        await onThread { _ = busy.wait(atMost: .seconds(200)) }
        // Another service writes, so that its end tells that all is written.
        let flood = try mongod.service("ring", ringSize: 256 << 10)
        let flooding = flood.open(.clients, as: Samples.client) { _ in }
        flooding.send(Samples.envelopes(2...5000))
        await flood.close(within: .seconds(100))
        goOn.set()
        let received = try await inbox.received(upTo: 5000).map(\.seq)
        #expect(received.count < 5000)
        #expect(received == received.sorted())
        #expect(logs.count(of: "cursor lost") == 1)
        #expect(logs.count(of: "disconnected") == 0)
        await ipc.close(within: .seconds(2))
    }

    @Test("A poison document is set aside, with its id and the reason, and the rest goes on")
    func poison() async throws {
        let mongod = try await Mongod.shared()
        let ipc = try mongod.service("poison")
        let inbox = Inbox()
        _ = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        try await inbox.connected()
        let id = ObjectID()
        try await mongod.run("poison") { (client) throws(MongoError) in
            _ = try client.run { insert in
                insert.append("insert", ChannelTests.toServer.name)
                insert.append("documents", array: 0..<3, of: .document) { writer, index in
                    if index == 1 {
                        writer.document {
                            $0.append("_id", id)
                            $0.append("to", "rfserver")
                            $0.append("from", "mallory")
                            $0.append("type", "99")
                        }
                    } else {
                        Samples.envelope(seq: Int64(index)).append(to: &writer, id: ObjectID())
                    }
                }
            }
        }
        #expect(try await inbox.next() == .received([Samples.envelope(seq: 0)]))
        #expect(
            try await inbox.next()
                == .poison(reason: "document \(id) from mallory: type: an integer is expected, not string"))
        #expect(try await inbox.next() == .received([Samples.envelope(seq: 2)]))
        await ipc.close(within: .seconds(2))
    }

    @Test("A collection of that name that is not capped is left alone, with a clear reason")
    func foreignCollection() async throws {
        let mongod = try await Mongod.shared()
        try await mongod.run("foreign") { (client) throws(MongoError) in
            _ = try client.run { $0.append("create", ChannelTests.toServer.name) }
        }
        let ipc = try mongod.service("foreign")
        let inbox = Inbox()
        _ = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        #expect(
            try await inbox.disconnected()
                == "collection \"rfclient->rfserver\" is not capped, so RouteFlow did not make it: drop or rename it"
        )
        await ipc.close(within: .seconds(2))
    }

    @Test("A collection that is replaced by one that is not capped is healed")
    func replacedCollection() async throws {
        let mongod = try await Mongod.shared()
        let ipc = try mongod.service("replaced")
        let inbox = Inbox()
        _ = ipc.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        let sender = ipc.open(.clients, as: Samples.client) { _ in }
        sender.send(Samples.envelopes(1...1))
        _ = try await inbox.received(upTo: 1)
        try await Self.replace(on: mongod, in: "replaced")
        sender.send(Samples.envelopes(2...3))
        #expect(try await inbox.received(upTo: 3).map(\.seq).suffix(2) == [2, 3])
        try await mongod.run("replaced") { (client) throws(MongoError) in
            try ChannelTests.toServer.prepare(client, healing: false)
        }
        await ipc.close(within: .seconds(2))
    }

    @Test("A collection that is replaced while nobody reads it is healed by who writes it")
    func replacedWithoutReader() async throws {
        let mongod = try await Mongod.shared()
        let writing = try mongod.service("replacedUnread")
        let sender = writing.open(.clients, as: Samples.client) { _ in }
        sender.send(Samples.envelopes(1...1))
        try await Self.replace(on: mongod, in: "replacedUnread")
        let reading = try mongod.service("replacedUnread")
        let inbox = Inbox()
        _ = reading.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        let talking = Task {
            for seq in (2 as Int64)... where !Task.isCancelled {
                sender.send(Samples.envelopes(seq...seq))
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        try await inbox.connected()
        talking.cancel()
        await writing.close(within: .seconds(2))
        await reading.close(within: .seconds(2))
    }

    @Test("Closing writes first what was sent")
    func closing() async throws {
        let mongod = try await Mongod.shared()
        let ipc = try mongod.service("closing")
        ipc.open(.clients, as: Samples.client) { _ in }.send(Samples.envelopes(1...3000))
        await ipc.close(within: .seconds(10))
        let reader = try mongod.service("closing")
        let inbox = Inbox()
        _ = reader.open(.clients, as: .rfserver, onEvent: inbox.onEvent)
        #expect(try await inbox.received(upTo: 3000).map(\.seq) == Array(1...3000))
        await reader.close(within: .seconds(2))
    }
}
