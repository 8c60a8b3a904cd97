/// What ends rfproxy.
public enum ProxyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The address cannot be listened on.
    case cannotListen(address: String, option: String, reason: String)
    /// A file of TLS cannot be used.
    case badTLSFile(option: String, path: String, reason: String)
    /// The file for the recording cannot be written.
    case cannotRecord(path: String)
    /// The core gave up.
    case stopped(reason: String)

    /// What happened, where, and what helps.
    public var description: String {
        switch self {
        case .cannotListen(let address, let option, let reason):
            "cannot listen on \(address): \(reason); is another controller running? choose an address with \(option)"
        case .badTLSFile(let option, let path, let reason):
            "cannot use \(path) for TLS: \(reason); name another file with \(option)"
        case .cannotRecord(let path):
            "cannot write the recording \(path): choose a file in a folder that can be written to with --record"
        case .stopped(let reason):
            reason
        }
    }
}
