import NIOCore
import NIOSSL

/// Why TLS ended a connection, in words for an operator.
enum TLSFailure: Equatable {
    /// The two did not come together.
    case handshake(String)
    /// A connection that had come about.
    case later(String)

    /// Nil if the error is none of TLS.
    init?(_ error: any Error, in context: ChannelHandlerContext) {
        switch error {
        case NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])):
            self = .later("the connection was closed during the handshake of TLS")
        case NIOSSLError.handshakeFailed(let cause):
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            self = .handshake(Self.reason(cause, isOutOfTime: certificate.map { !$0.isValid } ?? false))
        case NIOSSLError.uncleanShutdown:
            self = .later("the connection was closed")
        case let error as BoringSSLError:
            self = .later("broke TLS: \(Self.name(of: error))")
        default:
            return nil
        }
    }

    private static func reason(_ error: BoringSSLError, isOutOfTime: Bool) -> String {
        if case .zeroReturn = error { return "it broke the handshake off" }
        let name = name(of: error)
        switch name {
        case "PEER_DID_NOT_RETURN_A_CERTIFICATE":
            return "it has no certificate"
        case "CERTIFICATE_VERIFY_FAILED" where isOutOfTime:
            return "its certificate has expired, or is not valid yet"
        case "CERTIFICATE_VERIFY_FAILED":
            return
                "its certificate does not stand up to --tls-ca: another authority, an expired one, or not made for clients"
        case "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST":
            return "it does not speak TLS"
        case "UNSUPPORTED_PROTOCOL":
            return "it does not speak TLS 1.2 or later"
        case _ where name.contains("_ALERT_") && (name.contains("CERTIFICATE") || name.contains("_CA")):
            return "it does not accept the certificate of --tls-cert: \(name)"
        case "BAD_PACKET_LENGTH":
            // OpenSSL, and so Open vSwitch, does not encrypt the alert with which it says that under TLS 1.3.
            return "it does not accept the certificate of --tls-cert, or breaks TLS: \(name)"
        default:
            return "the handshake failed: \(name)"
        }
    }

    /// The library's own word for an error. Only the description has it, in a text such as
    /// `error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at ...`.
    private static func name(of error: BoringSSLError) -> String {
        guard case .sslError(let stack) = error, let text = stack.first?.description,
            let place = text.firstRange(of: "OPENSSL_internal:")
        else { return "\(error)" }
        return String(text[place.upperBound...].prefix { $0 != " " })
    }
}
