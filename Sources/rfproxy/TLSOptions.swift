import ArgumentParser
import RFProxyCore

/// The options of OpenFlow over TLS: all of them, or none.
struct TLSOptions: ParsableArguments {
    @Option(
        name: .customLong("tls-listen"),
        help: ArgumentHelp(
            "The address that switches connect to over TLS; the port is 6653 by custom.",
            valueName: "host:port"))
    var listen: ListenAddress?

    @Option(
        name: .customLong("tls-cert"),
        help: ArgumentHelp(
            "The certificate to show to switches, in PEM, followed by those up to its authority.",
            valueName: "file"))
    var certificate: String?

    @Option(
        name: .customLong("tls-key"),
        help: ArgumentHelp(
            "The private key of that certificate, in PEM, without a passphrase.", valueName: "file"))
    var key: String?

    @Option(
        name: .customLong("tls-ca"),
        help: ArgumentHelp(
            """
            The certificates, in PEM, of the authorities that sign switches' certificates. A switch without such a \
            certificate is refused. All three files are read again when they change.
            """,
            valueName: "file"))
    var authorities: String?

    func validate() throws { _ = try resolved() }

    /// What is to be listened on; nil for nothing.
    /// - Throws: `ValidationError` that names what is missing.
    func resolved() throws -> ListenSettings.TLS? {
        let files = [("--tls-cert", certificate), ("--tls-key", key), ("--tls-ca", authorities)]
        guard let listen else {
            guard let given = files.first(where: { $0.1 != nil }) else { return nil }
            throw ValidationError("\(given.0) is of no use without --tls-listen")
        }
        guard let certificate, let key, let authorities else {
            let missing = files.filter { $0.1 == nil }.map(\.0).joined(separator: ", ")
            throw ValidationError("--tls-listen needs \(missing) as well")
        }
        return ListenSettings.TLS(
            address: listen, files: TLSFiles(certificate: certificate, key: key, authorities: authorities))
    }
}

/// The value of `--listen`.
enum PlainListening: Equatable, LosslessStringConvertible, ExpressibleByArgument {
    case at(ListenAddress)
    case none

    init?(_ description: String) {
        if description == "none" {
            self = .none
        } else if let address = ListenAddress(description) {
            self = .at(address)
        } else {
            return nil
        }
    }

    var description: String { address?.description ?? "none" }

    var address: ListenAddress? { if case .at(let address) = self { address } else { nil } }
}
