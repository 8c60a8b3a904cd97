import Logging

/// Where rfproxy waits for switches: over TCP, over TLS, or both.
public struct ListenSettings: Hashable, Sendable {
    /// Where, and with which files, TLS is spoken.
    public struct TLS: Hashable, Sendable {
        /// The address.
        public var address: ListenAddress
        /// Certificate, key and authorities.
        public var files: TLSFiles

        /// Speaks TLS at an address.
        public init(address: ListenAddress, files: TLSFiles) {
            self.address = address
            self.files = files
        }
    }

    /// The address for OpenFlow over TCP alone; nil for none.
    public var tcp: ListenAddress?
    /// OpenFlow over TLS, if any.
    public var tls: TLS?

    /// One address, or two.
    public init(tcp: ListenAddress?, tls: TLS? = nil) {
        self.tcp = tcp
        self.tls = tls
    }

    /// For the log.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        if let tcp { metadata["address"] = "\(tcp)" }
        if let tls { metadata["tls_address"] = "\(tls.address)" }
        return metadata
    }
}
