import Foundation
import NIOCore
import NIOSSL

/// The three PEM files that TLS needs.
public struct TLSFiles: Hashable, Sendable {
    /// The certificate that rfproxy shows to switches, with those between it and the authority behind it, if there are any.
    public var certificate: String
    /// The certificate's private key, without a passphrase.
    public var key: String
    /// The authorities whose certificates are believed: who is signed by none of them is no switch.
    public var authorities: String

    /// Names three files; nothing is read yet.
    public init(certificate: String, key: String, authorities: String) {
        self.certificate = certificate
        self.key = key
        self.authorities = authorities
    }

    /// A switch that is to be closed gets this long to agree; rfproxy itself has to end within two seconds.
    private static let goodbye = TimeAmount.milliseconds(500)

    /// Reads the files: both sides have to show a certificate, and TLS 1.2 is the least.
    func makeContext() throws(ProxyError) -> (context: NIOSSLContext, certificate: NIOSSLCertificate) {
        let chain = try certificates(in: certificate, of: "--tls-cert")
        let roots = try certificates(in: authorities, of: "--tls-ca")
        let privateKey: NIOSSLPrivateKey
        do {
            privateKey = try NIOSSLPrivateKey(bytes: bytes(of: key, of: "--tls-key"), format: .pem)
        } catch let error as ProxyError {
            throw error
        } catch {
            throw .badTLSFile(
                option: "--tls-key", path: key,
                reason: "there is no private key in PEM without a passphrase in it")
        }
        var configuration = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey),
            trustRoots: .certificates(roots))
        configuration.minimumTLSVersion = .tlsv12
        configuration.shutdownTimeout = Self.goodbye
        do {
            return (try NIOSSLContext(configuration: configuration), chain[0])
        } catch NIOSSLError.failedToLoadPrivateKey {
            throw .badTLSFile(
                option: "--tls-key", path: key, reason: "it is not the key of the certificate \(certificate)")
        } catch {
            throw .badTLSFile(option: "--tls-cert", path: certificate, reason: "TLS cannot use it: \(error)")
        }
    }

    private func certificates(in path: String, of option: String) throws(ProxyError) -> [NIOSSLCertificate] {
        let bytes = try bytes(of: path, of: option)
        guard let found = try? NIOSSLCertificate.fromPEMBytes(bytes), !found.isEmpty else {
            throw .badTLSFile(option: option, path: path, reason: "there is no certificate in PEM in it")
        }
        return found
    }

    private func bytes(of path: String, of option: String) throws(ProxyError) -> [UInt8] {
        guard access(path, R_OK) == 0 else {
            throw .badTLSFile(option: option, path: path, reason: String(cString: strerror(errno)))
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .badTLSFile(option: option, path: path, reason: "it is not a file that can be read")
        }
        return Array(data)
    }

    /// What changes when a file is replaced or written to.
    struct Stamp: Hashable, Sendable {
        var inode: UInt64
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    /// The files as they are now; nil for one that is not there.
    var stamps: [Stamp?] {
        [certificate, key, authorities].map { path in
            var found = stat()
            guard stat(path, &found) == 0 else { return nil }
            return Stamp(
                inode: UInt64(found.st_ino), size: Int(found.st_size), seconds: found.st_mtim.tv_sec,
                nanoseconds: found.st_mtim.tv_nsec)
        }
    }
}
