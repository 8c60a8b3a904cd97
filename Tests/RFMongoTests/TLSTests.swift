import Foundation
import RFLib
import RFTestKit
import Testing

@testable import RFMongo

@Suite("MongoDB over TLS", .timeLimit(.minutes(5)))
struct TLSTests {
    /// A certificate authority, and what it has signed for 127.0.0.1, in a folder of their own.
    private struct Certificates: ~Copyable {
        let folder: String

        init() throws {
            folder = NSTemporaryDirectory() + "rfmongo-tls-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for name in ["ca", "other"] {
                try openssl(
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
                    "-keyout", "\(name).key", "-out", "\(name).pem")
            }
            try openssl(
                "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "server.key",
                "-out",
                "server.csr")
            try Data("subjectAltName=IP:127.0.0.1\n".utf8).write(to: URL(fileURLWithPath: folder + "/names"))
            try openssl(
                "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2", "-extfile", "names", "-out", "server.crt")
            let parts = try ["server.crt", "server.key"].map {
                try Data(contentsOf: URL(fileURLWithPath: path($0)))
            }
            try (parts[0] + parts[1]).write(to: URL(fileURLWithPath: path("server.pem")))
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func path(_ name: String) -> String { folder + "/" + name }

        private func openssl(_ words: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = words
            process.currentDirectoryURL = URL(fileURLWithPath: folder)
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "openssl \(words)")
        }
    }

    @Test(
        "The URI's tls options are heeded; a server whose certificate another has signed is not spoken to, and the log says why"
    )
    func certificates() async throws {
        let certificates = try Certificates()
        let mongod = try await Mongod.started(options: [
            "--tlsMode", "requireTLS", "--tlsCertificateKeyFile", certificates.path("server.pem"),
        ])
        let good = try mongod.service("tls", options: "?tls=true&tlsCAFile=\(certificates.path("ca.pem"))")
        #expect(try await good.nextEpoch(for: .rfserver) == 1)
        await good.close(within: .seconds(2))

        for options in ["?tls=true&tlsCAFile=\(certificates.path("other.pem"))", ""] {
            let logs = LogLines()
            let bad = try mongod.service("tls", options: options, logs: logs)
            let asking = Task { try await bad.nextEpoch(for: .rfserver) }
            try await logs.line(containing: "taking an epoch for rfserver: trying again")
            if !options.isEmpty { try await logs.line(containing: "certificate verify failed") }
            asking.cancel()
            await bad.close(within: .seconds(2))
        }
    }
}
