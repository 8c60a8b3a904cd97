import NIOCore
import NIOSSL
import NetTypes
import OpenFlow
import RFLib
import RFTestKit
import Testing

@testable import RFProxyCore

/// A whole rfproxy that speaks TLS, and all sorts of peers.
@Suite(.enabled(if: Certificates.canBeMade), .timeLimit(.minutes(5)))
struct TLSTests {
    private static let refusal = "refused a connection over TLS"

    private static func isJoined(_ server: ServerEnd, _ datapath: DatapathID = Bench.datapath) -> Bool {
        server.table[.datapath(datapath)] != nil
    }

    /// rfproxy with a good switch on its TLS port, which nothing that others do may disturb.
    private final class Scene {
        let certificates: Certificates
        let log = LogLines()
        let server: ServerEnd
        let proxy: RunningProxy
        let good: any Channel

        init() async throws {
            certificates = try Certificates()
            let database = InMemoryDatabase()
            server = ServerEnd(database)
            proxy = try await RunningProxy(database, tls: certificates.files, log: log)
            good = try await Wire.connect(
                FakeSwitch(Bench.datapath, ports: 2), port: proxy.tlsPort, tls: certificates.client("switch"))
            try await eventually("the switch is announced") { TLSTests.isJoined(server) }
        }

        /// A peer connects, and is closed.
        func expectRefused(_ tls: TLSConfiguration) async throws {
            let peer = try await Wire.connect(
                FakeSwitch(DatapathID(rawValue: 99), ports: 2), port: proxy.tlsPort, tls: tls)
            try await peer.closeFuture.get()
        }

        func end() async throws {
            #expect(good.isActive)
            #expect(TLSTests.isJoined(server) && server.table.keys.count { $0.isDatapath } == 1)
            try await proxy.stop()
            certificates.remove()
        }
    }

    @Test func switchesConnectOverTCPAndOverTLSSideBySide() async throws {
        let scene = try await Scene()
        let other = DatapathID(rawValue: 2)
        let plain = try await Wire.connect(FakeSwitch(other, ports: 2), port: scene.proxy.port)
        try await eventually("both are announced") { Self.isJoined(scene.server, other) }
        #expect(scene.log.count(of: "over=TLS") == 1)
        try await plain.close()
        try await eventually("one has left") { !Self.isJoined(scene.server, other) }
        try await scene.end()
    }

    @Test func withoutPlainTCPThereIsTLSAlone() async throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        let proxy = try await RunningProxy(InMemoryDatabase(), tls: certificates.files, isPlain: false)
        #expect(proxy.port == 0 && proxy.tlsPort != 0)
        try await proxy.stop()
    }

    // MARK: Who is refused

    @Test func aPeerWithoutACertificateIsRefusedWithOneLine() async throws {
        let scene = try await Scene()
        try await scene.expectRefused(scene.certificates.client(nil))
        try await expectLine(scene.log, "warning \(Self.refusal): it has no certificate ")
        try await scene.end()
    }

    @Test func aCertificateOfAnotherAuthorityIsRefusedWithOneLine() async throws {
        let scene = try await Scene()
        try await scene.expectRefused(scene.certificates.client("stranger"))
        try await expectLine(
            scene.log, "warning \(Self.refusal): its certificate does not stand up to --tls-ca: ")
        try await scene.end()
    }

    @Test func anExpiredCertificateIsRefusedWithOneLine() async throws {
        let scene = try await Scene()
        try scene.certificates.sign("late", by: "ca", days: -1)
        try await scene.expectRefused(scene.certificates.client("late"))
        try await expectLine(
            scene.log, "warning \(Self.refusal): its certificate has expired, or is not valid yet ")
        try await scene.end()
    }

    @Test func aPeerThatDoesNotBelieveUsIsToldWithOneLine() async throws {
        let scene = try await Scene()
        try await scene.expectRefused(scene.certificates.client("switch", believing: "other"))
        try await expectLine(
            scene.log, "warning \(Self.refusal): it does not accept the certificate of --tls-cert: ")
        try await scene.end()
    }

    @Test func olderVersionsOfTLSAreRefused() async throws {
        let scene = try await Scene()
        var old = try scene.certificates.client("switch")
        (old.minimumTLSVersion, old.maximumTLSVersion) = (.tlsv1, .tlsv11)
        try await scene.expectRefused(old)
        try await expectLine(scene.log, "warning \(Self.refusal): it does not speak TLS 1.2 or later ")
        var new = try scene.certificates.client("switch")
        for version in [TLSVersion.tlsv12, .tlsv13] {
            (new.minimumTLSVersion, new.maximumTLSVersion) = (version, version)
            let datapath = DatapathID(rawValue: 2)
            let channel = try await Wire.connect(
                FakeSwitch(datapath, ports: 2), port: scene.proxy.tlsPort, tls: new)
            try await eventually("\(version)") { Self.isJoined(scene.server, datapath) }
            try await channel.close()
            try await eventually("it has left") { !Self.isJoined(scene.server, datapath) }
        }
        try await scene.end()
    }

    @Test func garbageOnTheTLSPortEndsOnlyItsOwnConnection() async throws {
        let scene = try await Scene()
        let hello: [UInt8] = [1, 0, 0, 8, 0, 0, 0, 1]
        let samples: [[UInt8]] = [
            hello, Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0, count: 100),
            [UInt8](repeating: 0xFF, count: 100_000),
            [22, 3, 1, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 70_000),
            [22, 3, 1, 0, 4, 1, 0, 0, 0],
            [22, 3, 1, 0x3F, 0xFF] + [UInt8](repeating: 0, count: 16_383),
            // An alert: close_notify.
            [21, 3, 1, 0, 2, 1, 0],
        ]
        for sample in samples {
            let bad = try await Wire.connect(nil, port: scene.proxy.tlsPort)
            try? await bad.writeAndFlush(ByteBuffer(bytes: sample))
            try await bad.closeFuture.get()
        }
        for reason in ["it does not speak TLS ", "it broke the handshake off "] {
            try await eventually(reason) { scene.log.count(of: "warning \(Self.refusal): \(reason)") > 0 }
        }
        let lines = scene.log.all.filter { $0.contains(Self.refusal) }
        #expect(
            lines.allSatisfy { $0.contains(": it ") || $0.contains(": the handshake failed: ") }, "\(lines)")
        try await scene.end()
    }

    /// Behind the handshake the messages are as hostile as without TLS.
    @Test func garbageInsideTLSEndsOnlyItsOwnConnection() async throws {
        let scene = try await Scene()
        let bad = try await Wire.connect(
            nil, port: scene.proxy.tlsPort, tls: scene.certificates.client("switch"))
        try await bad.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
        try await bad.closeFuture.get()
        try await scene.end()
    }

    @Test func whoSaysNothingIsClosedAfterTenSeconds() async throws {
        let scene = try await Scene()
        let begin = ContinuousClock.now
        let mute = try await Wire.connect(nil, port: scene.proxy.tlsPort)
        let silent = try await Wire.connect(
            nil, port: scene.proxy.tlsPort, tls: scene.certificates.client("switch"))
        for peer in [mute, silent] { try await peer.closeFuture.get() }
        let took = ContinuousClock.now - begin
        #expect(took > .seconds(9) && took < .seconds(20), "\(took)")
        // A peer may see its connection closed before the line about it is written.
        try await eventually("both are told") {
            scene.log.count(of: "took too long to introduce itself") >= 2
        }
        #expect(scene.log.count(of: "took too long to introduce itself") == 2)
        try await scene.end()
    }

    // MARK: Files

    @Test func aNewCertificateIsShownWithoutARestart() async throws {
        let scene = try await Scene()
        let certificates = scene.certificates
        try certificates.sign("next", by: "other")
        // Certificate and key do not change at once: what does not fit together changes nothing.
        try certificates.replace("proxy.pem", with: "next.pem")
        try await expectJoin(scene, certificates.client("switch", believing: "ca"))
        #expect(scene.log.count(of: "error the files of TLS have changed and cannot be used") == 1)
        try certificates.replace("proxy.key", with: "next.key")
        try await expectJoin(scene, certificates.client("switch", believing: "other"))
        try certificates.replace("ca.pem", with: "other.pem")
        try await expectJoin(scene, certificates.client("stranger", believing: "other"))
        try await scene.expectRefused(certificates.client("switch", believing: "other"))
        #expect(scene.log.count(of: "the certificate for switches was read again") == 2)
        try await scene.end()
    }

    private func expectJoin(_ scene: Scene, _ tls: TLSConfiguration) async throws {
        let datapath = DatapathID(rawValue: 3)
        let channel = try await Wire.connect(
            FakeSwitch(datapath, ports: 2), port: scene.proxy.tlsPort, tls: tls)
        try await eventually("the switch is announced") { Self.isJoined(scene.server, datapath) }
        try await channel.close()
        try await eventually("the switch has left") { !Self.isJoined(scene.server, datapath) }
    }

    @Test func filesThatCannotBeUsedAreOneClearLine() throws {
        let certificates = try Certificates()
        defer { certificates.remove() }
        try certificates.openssl([
            "ec", "-aes256", "-passout", "pass:secret", "-in", certificates.path("proxy.key"), "-out",
            certificates.path("locked.key"),
        ])
        let cases: [(WritableKeyPath<TLSFiles, String>, String, String, String)] = [
            (\.certificate, "none.pem", "No such file or directory", "--tls-cert"),
            (\.certificate, "proxy.key", "there is no certificate in PEM in it", "--tls-cert"),
            (\.certificate, ".", "it is not a file that can be read", "--tls-cert"),
            (\.key, "none.key", "No such file or directory", "--tls-key"),
            (\.key, "proxy.pem", "there is no private key in PEM without a passphrase in it", "--tls-key"),
            (\.key, "locked.key", "there is no private key in PEM without a passphrase in it", "--tls-key"),
            (\.key, "switch.key", "it is not the key of the certificate", "--tls-key"),
            (\.authorities, "none.pem", "No such file or directory", "--tls-ca"),
            (\.authorities, "ca.key", "there is no certificate in PEM in it", "--tls-ca"),
        ]
        for (file, name, reason, option) in cases {
            var files = certificates.files
            files[keyPath: file] = certificates.path(name)
            do {
                _ = try files.makeContext()
                Issue.record("\(name) was taken for \(option)")
            } catch {
                let line = error.description
                #expect(line.hasPrefix("cannot use \(certificates.path(name)) for TLS: \(reason)"), "\(line)")
                #expect(line.hasSuffix("name another file with \(option)") && !line.contains("\n"), "\(line)")
            }
        }
    }

    @Test func anAddressInUseNamesTheOptionOfTLS() async throws {
        let scene = try await Scene()
        let certificates = scene.certificates
        let service = ProxyService(
            settings: ProxySettings(),
            listen: ListenSettings(
                tcp: nil,
                tls: ListenSettings.TLS(
                    address: ListenAddress(host: "127.0.0.1", port: scene.proxy.tlsPort),
                    files: certificates.files)),
            ipc: InMemoryIPC(InMemoryDatabase()), logger: scene.log.logger)
        do {
            try await service.run()
            Issue.record("two on one port")
        } catch let error as ProxyError {
            #expect(error.description.hasSuffix("choose an address with --tls-listen"))
        }
        try await scene.end()
    }

    // MARK: The end

    @Test func itEndsThoughAPeerDoesNotSayGoodbye() async throws {
        let scene = try await Scene()
        // One that never answers the goodbye of TLS, as a switch that was stopped.
        let frozen = try await Wire.connect(
            FakeSwitch(DatapathID(rawValue: 2), ports: 2), port: scene.proxy.tlsPort,
            tls: scene.certificates.client("switch"))
        try await eventually("it is announced") { Self.isJoined(scene.server, DatapathID(rawValue: 2)) }
        try await frozen.setOption(.autoRead, value: false).get()
        let mute = try await Wire.connect(nil, port: scene.proxy.tlsPort)
        try await scene.proxy.stop()
        try await mute.closeFuture.get()
        try? await frozen.close()
        scene.certificates.remove()
    }

    /// There is the line, once; it names the peer.
    private func expectLine(_ log: LogLines, _ start: String) async throws {
        try await eventually(start) { log.count(of: start) > 0 }
        let refusals = log.all.filter { $0.contains("refused") || $0.contains("a connection ended") }
        #expect(refusals.count == 1, "\(refusals)")
        #expect(refusals.allSatisfy { $0.contains("peer=127.0.0.1") && !$0.contains("\n") }, "\(refusals)")
    }
}

extension RFKey {
    fileprivate var isDatapath: Bool { if case .datapath = self { true } else { false } }
}
