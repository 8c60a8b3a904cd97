import Foundation
import NIOSSL

@testable import RFProxyCore

/// Authorities, and certificates that they sign: made by `openssl` in a folder of the test's own.
///
/// There are two authorities, `ca` and `other`; rfproxy's own certificate `proxy` and the switches' `switch` are of the
/// first, `stranger` is of the second.
final class Certificates {
    private let folder: URL
    private var lastSerial = 1

    static var canBeMade: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("rf-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["ca", "other"] { try makeAuthority(name) }
        for name in ["proxy", "switch"] { try sign(name, by: "ca") }
        try sign("stranger", by: "other")
    }

    /// Removes the folder.
    func remove() { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    func makeAuthority(_ name: String) throws {
        try openssl(
            ["req", "-x509"] + Self.newKey + ["-keyout", path("\(name).key"), "-out", path("\(name).pem")]
                + ["-subj", "/CN=\(name)", "-days", "1"])
    }

    /// Makes a key and a certificate; with `days` below 0 one that has expired.
    func sign(_ name: String, by authority: String, days: Int = 1) throws {
        let request = path("\(name).csr")
        try openssl(
            ["req"] + Self.newKey + ["-keyout", path("\(name).key"), "-out", request, "-subj", "/CN=\(name)"])
        lastSerial += 1
        try openssl(
            ["x509", "-req", "-in", request, "-out", path("\(name).pem"), "-days", "\(days)"]
                + ["-CA", path("\(authority).pem"), "-CAkey", path("\(authority).key")]
                + ["-set_serial", "\(lastSerial)"])
    }

    /// Puts one file in the place of another, as whoever renews certificates does.
    func replace(_ name: String, with other: String) throws {
        try FileManager.default.copyItem(atPath: path(other), toPath: path("new"))
        guard rename(path("new"), path(name)) == 0 else { throw Unexpected("\(name) cannot be replaced") }
    }

    func openssl(_ arguments: [String]) throws {
        let output = path("output-\(UUID().uuidString)")
        let child = try ChildProcess(
            ["openssl"] + arguments, output: output, environment: ["PATH=/usr/bin:/bin"])
        guard child.wait() == 0 else {
            throw Unexpected("openssl \(arguments): \(try String(contentsOfFile: output, encoding: .utf8))")
        }
    }

    // MARK: What they are for

    /// rfproxy's own.
    var files: TLSFiles {
        TLSFiles(certificate: path("proxy.pem"), key: path("proxy.key"), authorities: path("ca.pem"))
    }

    /// What a switch uses that believes an authority, and shows the certificate of a name, or none.
    func client(_ name: String?, believing authority: String = "ca") throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path("\(authority).pem")))
        configuration.certificateVerification = .noHostnameVerification
        if let name {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(path("\(name).pem")).map {
                .certificate($0)
            }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(file: path("\(name).key"), format: .pem))
        }
        return configuration
    }
}
