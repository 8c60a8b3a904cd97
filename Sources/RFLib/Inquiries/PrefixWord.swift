public import NetTypes

/// What is said of a prefix.
public struct PrefixWord: Hashable, Codable, Sendable {
    /// The prefix.
    public var prefix: IPPrefix
    /// What becomes of packets to it, in terms of the VM's ports.
    public var forwarding: Forwarding

    /// Repeats what is said of a prefix.
    public init(prefix: IPPrefix, forwarding: Forwarding) {
        self.prefix = prefix
        self.forwarding = forwarding
    }
}
