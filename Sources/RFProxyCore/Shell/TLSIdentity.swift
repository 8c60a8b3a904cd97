import Foundation
import Logging
import NIOSSL

/// What rfproxy shows to switches, and whom it believes: read from the files, and read again once they have changed.
struct TLSIdentity {
    private let files: TLSFiles
    private let logger: Logger
    private var stamps: [TLSFiles.Stamp?]
    private var context: NIOSSLContext

    init(_ files: TLSFiles, logger: Logger) throws(ProxyError) {
        self.files = files
        self.logger = logger
        // Before the files are read: what changes meanwhile is seen the next time.
        stamps = files.stamps
        let certificate: NIOSSLCertificate
        (context, certificate) = try files.makeContext()
        say("the certificate for switches was read", of: certificate)
    }

    /// For the next connection. Those that stand keep what they have.
    ///
    /// This looks at the files each time, on the event loop: three times `stat`, a thousandth of what a handshake costs. They
    /// are read only once they have changed. A new certificate whose key is yet to come leaves everything as it is.
    mutating func current() -> NIOSSLContext {
        let found = files.stamps
        guard found != stamps else { return context }
        stamps = found
        do {
            let certificate: NIOSSLCertificate
            (context, certificate) = try files.makeContext()
            say("the certificate for switches was read again", of: certificate)
        } catch {
            logger.error(
                "the files of TLS have changed and cannot be used: what was read before stays",
                metadata: ["reason": "\(error)"])
        }
        return context
    }

    private func say(_ what: String, of certificate: NIOSSLCertificate) {
        let ends = Date(timeIntervalSince1970: TimeInterval(certificate.notValidAfter))
        let metadata: Logger.Metadata = ["file": "\(files.certificate)", "ends": "\(ends.ISO8601Format())"]
        if certificate.isValid {
            logger.info("\(what)", metadata: metadata)
        } else {
            logger.warning("\(what), but is not valid now: switches will refuse it", metadata: metadata)
        }
    }
}

extension NIOSSLCertificate {
    /// True if the present time is one that it is made for.
    var isValid: Bool {
        let now = time(nil)
        return notValidBefore <= now && now <= notValidAfter
    }
}
