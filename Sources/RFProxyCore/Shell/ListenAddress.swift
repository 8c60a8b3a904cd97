/// Where rfproxy waits for switches.
public struct ListenAddress: Hashable, Sendable, LosslessStringConvertible {
    /// A host's name or address.
    public var host: String
    /// A TCP port; 0 lets the system choose.
    public var port: Int

    /// An address and a port.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// 127.0.0.1:6633, the port that OpenFlow 1.0 names.
    public static let standard = ListenAddress(host: "127.0.0.1", port: 6633)

    /// Parses `host:port`; an IPv6 address stands in brackets.
    public init?(_ description: String) {
        guard let colon = description.lastIndex(of: ":"),
            let port = UInt16(description[description.index(after: colon)...])
        else { return nil }
        var host = description[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: { "[]".contains($0) }) else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    /// `host:port`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
