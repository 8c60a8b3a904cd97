public import RFLib

/// What an operator decides about rfserver.
public struct ServerSettings: Hashable, Sendable {
    /// A VM that is silent for longer than this is taken for gone.
    public var vmTimeout: Duration
    /// The bounds and times of the streams.
    public var limits: StreamLimits

    /// The usual settings, but for the time after which a VM is taken for gone.
    public init(vmTimeout: Duration = .seconds(30)) {
        self.vmTimeout = vmTimeout
        self.limits = StreamLimits()
        self.limits.livenessInterval = vmTimeout / 3
    }
}
