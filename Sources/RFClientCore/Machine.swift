import Foundation
public import NetTypes
import Netlink

/// The machine that rfclient finds itself on.
public struct Machine: Hashable, Sendable {
    /// The VM's identity: the management interface's address, unless another was given.
    public var vmID: VMID
    /// The name of the management interface.
    public var management: String
    /// Changes when the machine boots, and only then.
    public var bootID: String
    /// What the machine calls itself.
    public var hostName: String
    /// True if the kernel can keep a neighbour fresh by itself (`NTF_EXT_MANAGED`, Linux 5.16).
    public var canManageNeighbours: Bool

    /// Looks around.
    /// - Parameters:
    ///   - interface: the name of the management interface.
    ///   - vmID: an identity to use instead of that interface's address.
    /// - Throws: `ClientError` if there is no such interface or /proc cannot be read.
    public init(interface: String, vmID: VMID?) throws(ClientError) {
        let address = try Self.address(of: interface)
        self.vmID = vmID ?? VMID(address)
        self.management = interface
        do {
            bootID = try BootIdentity.current()
        } catch {
            throw .kernel(reason: "\(error)")
        }
        hostName = Self.line(of: "/proc/sys/kernel/hostname") ?? ""
        canManageNeighbours = Self.canManage(release: Self.line(of: "/proc/sys/kernel/osrelease") ?? "")
    }

    private static func address(of interface: String) throws(ClientError) -> MACAddress {
        guard let found = InterfaceAddresses().linkAddress(of: interface) else {
            throw .noInterface(
                name: interface, reason: "there is no such interface, or it has no Ethernet address")
        }
        guard found != .zero, !found.isMulticast else {
            throw .noInterface(name: interface, reason: "its address \(found) identifies no machine")
        }
        return found
    }

    /// True from `5.16` on. What is not understood is taken for new.
    static func canManage(release: String) -> Bool {
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return true }
        return (numbers[0], numbers[1]) >= (5, 16)
    }

    private static func line(of path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?
            .split(whereSeparator: \.isNewline).first.map(String.init)
    }
}
