import NIOCore
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// The real thing on a real port: connections, limits, beginning and end.
@Suite(.timeLimit(.minutes(5))) struct ShellTests {
    private static func isJoined(_ server: ServerEnd, _ datapath: DatapathID = Bench.datapath) -> Bool {
        server.table[.datapath(datapath)] != nil
    }

    @Test func garbageOnThePortEndsOnlyItsOwnConnection() async throws {
        let database = InMemoryDatabase()
        let server = ServerEnd(database)
        let proxy = try await RunningProxy(database)
        let good = try await Wire.connect(FakeSwitch(Bench.datapath, ports: 2), port: proxy.port)
        try await eventually("the switch is announced") { Self.isJoined(server) }
        let samples: [[UInt8]] = [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0, count: 100),
            [UInt8](repeating: 0xFF, count: 100_000), [1, 0, 0, 7, 0, 0, 0, 0],
            [1, 10, 0, 8, 0, 0, 0, 0, 1, 2, 3],
        ]
        for sample in samples {
            let bad = try await Wire.connect(nil, port: proxy.port)
            try? await bad.writeAndFlush(ByteBuffer(bytes: sample))
            try await bad.closeFuture.get()
        }
        #expect(Self.isJoined(server))
        #expect(good.isActive)
        try await good.close()
        try await eventually("the switch has left") { !Self.isJoined(server) }
        try await proxy.stop()
    }

    @Test func aPortInUseIsOneClearLine() async throws {
        let first = try await RunningProxy(InMemoryDatabase())
        do {
            _ = try await RunningProxy(InMemoryDatabase(), port: first.port)
            Issue.record("two on one port")
        } catch let error as ProxyError {
            #expect(
                error.description.contains("cannot listen on 127.0.0.1:\(first.port): Address already in use")
            )
            #expect(!error.description.contains("\n"))
        }
        try await first.stop()
    }

    // How fast is rftest1's to say (`clean_stop`), of the real program on a quiet machine.
    @Test func itEndsThoughSwitchesAreConnected() async throws {
        let database = InMemoryDatabase()
        let server = ServerEnd(database)
        let proxy = try await RunningProxy(database)
        let channels = try await [1, 2, 3].asyncMap { number in
            try await Wire.connect(FakeSwitch(DatapathID(rawValue: number), ports: 2), port: proxy.port)
        }
        try await eventually("the switches are announced") {
            [1, 2, 3].allSatisfy { Self.isJoined(server, DatapathID(rawValue: $0)) }
        }
        try await proxy.stop()
        for channel in channels { try await channel.closeFuture.get() }
    }

    @Test(arguments: [
        ("127.0.0.1:6633", "127.0.0.1", 6633), ("[::1]:0", "::1", 0), ("localhost:1", "localhost", 1),
    ])
    func anAddressToListenOnIsRead(text: String, host: String, port: Int) {
        #expect(ListenAddress(text) == ListenAddress(host: host, port: port))
        #expect(ListenAddress(text)?.description == text)
    }

    @Test(arguments: ["", ":", "host", "host:", ":6633", "host:65536", "::1:6633", "host:-1", "[]:1"])
    func anAddressThatIsNoneIsRefused(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result]
    {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
