/// What ends or hinders rfclient.
public enum ClientError: Error, Hashable, CustomStringConvertible {
    /// There is no management interface of this name, or it has no Ethernet address.
    case noInterface(name: String, reason: String)
    /// Something that the kernel has to give could not be had.
    case kernel(reason: String)
    /// This process must not go on.
    case stopped(reason: String)

    /// One line: what, where and the remedy.
    public var description: String {
        switch self {
        case .noInterface(let name, let reason):
            "--interface \(name): \(reason); it has to name the VM's management interface"
        case .kernel(let reason):
            "rfclient cannot work with this kernel: \(reason)"
        case .stopped(let reason):
            "rfclient ends: \(reason)"
        }
    }
}
