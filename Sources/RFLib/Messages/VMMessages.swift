public import NetTypes

/// A VM asks to take part, and says what it has (type 0, rfclient to rfserver).
public struct VMRegisterRequest: Hashable, Codable, Sendable {
    /// One data port of a VM.
    public struct Port: Hashable, Codable, Sendable {
        /// The number in the interface's name, 1 to 255.
        public var vmPort: UInt8
        /// The interface's name in the VM.
        public var name: String
        /// The interface's present MAC address.
        public var hwAddress: MACAddress
        /// True if the interface is administratively up and has a carrier.
        public var isUp: Bool

        /// Describes one data port.
        public init(vmPort: UInt8, name: String, hwAddress: MACAddress, isUp: Bool) {
            self.vmPort = vmPort
            self.name = name
            self.hwAddress = hwAddress
            self.isUp = isUp
        }
    }

    /// Who asks.
    public var vmID: VMID
    /// Changes when the VM reboots, and only then: a new value means that the kernel's tables began empty.
    public var bootID: String
    /// The data ports, in the order of their numbers.
    public var ports: [Port]

    /// Describes a VM.
    public init(vmID: VMID, bootID: String, ports: [Port]) {
        self.vmID = vmID
        self.bootID = bootID
        self.ports = ports
    }
}

/// The answer to a registration (type 1, rfserver to rfclient).
public struct VMRegisterResponse: Hashable, Codable, Sendable {
    /// Whom this answers.
    public var vmID: VMID
    /// False if the VM may not take part.
    public var accept: Bool
    /// Why not, for people; empty if accepted.
    public var reason: String

    /// Creates an answer.
    public init(vmID: VMID, accept: Bool, reason: String = "") {
        self.vmID = vmID
        self.accept = accept
        self.reason = reason
    }
}

/// What a VM has to be set to (type 2, rfserver to rfclient).
public struct VMConfig: Hashable, Codable, Sendable {
    /// Whom this is for.
    public var vmID: VMID
    /// The number of data ports that rfserver knows of.
    public var portCount: Int
    /// The one MAC address that all data ports are to have.
    public var hwAddress: MACAddress
    /// What the VM's mapping frames have to carry to be believed. Not zero.
    public var token: UInt64
    /// How often the VM shows that it lives when it has nothing to say, in milliseconds.
    public var beatInterval: Int32

    /// Creates a configuration.
    public init(
        vmID: VMID, portCount: Int, hwAddress: MACAddress, token: UInt64, beatInterval: Int32 = 10_000
    ) {
        self.vmID = vmID
        self.portCount = portCount
        self.hwAddress = hwAddress
        self.token = token
        self.beatInterval = beatInterval
    }
}

/// A VM's port has been seen on the virtual switch: its mapping frames may stop (type 16, rfserver to rfclient).
/// The withdrawal of this message asks for them again.
public struct VMPortMapped: Hashable, Codable, Sendable {
    /// Whose port.
    public var vmID: VMID
    /// Which port.
    public var vmPort: UInt8
    /// True if the port has to be announced again.
    public var isRemoval: Bool

    /// Confirms, or withdraws the confirmation of, a port.
    public init(vmID: VMID, vmPort: UInt8, isRemoval: Bool = false) {
        self.vmID = vmID
        self.vmPort = vmPort
        self.isRemoval = isRemoval
    }
}

/// A mapping frame that arrived through a virtual switch (type 8, rfproxy to rfserver).
public struct VMMap: Hashable, Codable, Sendable {
    /// The VM that the frame names.
    public var vmID: VMID
    /// The VM's port that the frame names.
    public var vmPort: UInt8
    /// The virtual switch that the frame came through.
    public var vsID: DatapathID
    /// The port of the virtual switch that the frame came in by.
    public var vsPort: UInt16
    /// The token that the frame carries.
    public var token: UInt64
    /// True if that virtual port is gone.
    public var isRemoval: Bool

    /// Reports a mapping frame, or that its port is gone.
    public init(
        vmID: VMID, vmPort: UInt8, vsID: DatapathID, vsPort: UInt16, token: UInt64, isRemoval: Bool = false
    ) {
        self.vmID = vmID
        self.vmPort = vmPort
        self.vsID = vsID
        self.vsPort = vsPort
        self.token = token
        self.isRemoval = isRemoval
    }
}
