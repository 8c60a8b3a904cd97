public import NetTypes

/// Asks a daemon what it knows (type 18, rfctl to any daemon). It stands outside all streams and changes nothing.
public struct Inquiry: Hashable, Codable, Sendable {
    /// Comes back in the report.
    public var id: Int64
    /// About which VM; nil for all.
    public var vmID: VMID?
    /// About packets to this address; nil to ask for the state as a whole.
    public var destination: IPv4Address?

    /// Asks about everything, or about packets to one address by way of one VM.
    public init(id: Int64, vmID: VMID? = nil, destination: IPv4Address? = nil) {
        self.id = id
        self.vmID = vmID
        self.destination = destination
    }
}

/// What a daemon knows (type 19, any daemon to rfctl).
public struct Report: Hashable, Codable, Sendable {
    /// The inquiry's number.
    public var id: Int64
    /// A `ClientReport`, `ServerReport` or `ProxyReport` as JSON (RFC 8259).
    public var body: String

    /// Answers an inquiry.
    public init(id: Int64, body: String) {
        self.id = id
        self.body = body
    }
}
