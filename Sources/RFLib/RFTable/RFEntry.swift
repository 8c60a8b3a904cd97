public import NetTypes

/// One row of the RFTable: a VM port, a datapath port and a virtual switch port that are, or will be, one router port.
public struct RFEntry: Hashable, Codable, Sendable {
    /// A VM's port.
    public struct VMPort: Hashable, Codable, Sendable {
        /// The VM.
        public var vmID: VMID
        /// The number in the interface's name.
        public var port: UInt8

        /// Names a port.
        public init(_ vmID: VMID, _ port: UInt8) {
            self.vmID = vmID
            self.port = port
        }
    }

    /// A datapath's port.
    public struct DatapathPort: Hashable, Codable, Sendable {
        /// The rfproxy that has the datapath now. It is no part of what the port is: a datapath may move to another.
        public var ctID: Int32
        /// The datapath.
        public var dpID: DatapathID
        /// The OpenFlow port number.
        public var port: UInt16

        /// Names a port.
        public init(ctID: Int32 = 0, _ dpID: DatapathID, _ port: UInt16) {
            self.ctID = ctID
            self.dpID = dpID
            self.port = port
        }

        /// Which port, whoever has the datapath: a `dp_id` is unique in the network.
        public struct Place: Hashable, Codable, Sendable {
            /// The datapath.
            public var dpID: DatapathID
            /// The OpenFlow port number.
            public var port: UInt16

            /// Names a port.
            public init(_ dpID: DatapathID, _ port: UInt16) {
                self.dpID = dpID
                self.port = port
            }
        }

        /// Which port, whoever has the datapath.
        public var place: Place { Place(dpID, port) }
    }

    /// A virtual switch's port.
    public struct VirtualPort: Hashable, Codable, Sendable {
        /// The virtual switch.
        public var vsID: DatapathID
        /// The OpenFlow port number.
        public var port: UInt16

        /// Names a port.
        public init(_ vsID: DatapathID, _ port: UInt16) {
            self.vsID = vsID
            self.port = port
        }
    }

    /// How far a row has come.
    public enum Status: String, Hashable, Codable, Sendable {
        /// A VM port without a partner.
        case idleVM = "idle VM port"
        /// A datapath port without a partner.
        case idleDatapath = "idle datapath port"
        /// Both known, but the VM port has not been seen on a virtual switch.
        case associated
        /// All three known: packets pass.
        case active
    }

    /// The VM side, if known.
    public var vm: VMPort?
    /// The datapath side, if known.
    public var datapath: DatapathPort?
    /// Where the VM port hangs, if it has been seen.
    public var virtual: VirtualPort?

    /// Creates a row. It has a VM side or a datapath side.
    public init(vm: VMPort? = nil, datapath: DatapathPort? = nil, virtual: VirtualPort? = nil) {
        self.vm = vm
        self.datapath = datapath
        self.virtual = virtual
    }

    /// How far this row has come.
    public var status: Status {
        switch (vm, datapath, virtual) {
        case (nil, _, _): .idleDatapath
        case (_, nil, _): .idleVM
        case (_, _, nil): .associated
        case (_, _, _): .active
        }
    }

    /// What identifies the row's document: its VM side, or its datapath side while that is alone.
    public var id: String {
        if let vm { return "vm/\(vm.vmID)/\(vm.port)" }
        if let datapath { return "dp/\(datapath.dpID)/\(datapath.port)" }
        return "none"
    }
}

/// A change of the stored table.
public enum RFTableChange: Hashable, Codable, Sendable {
    /// This row is new: none with its `id` was there.
    case add(RFEntry)
    /// The row with this entry's `id` is now this.
    case put(RFEntry)
    /// The row with this `id` is gone.
    case delete(id: String)

    /// The row that is there from now on; nil if it is gone.
    public var entry: RFEntry? {
        switch self {
        case .add(let entry), .put(let entry): entry
        case .delete: nil
        }
    }

    /// Which row.
    public var id: String {
        switch self {
        case .add(let entry), .put(let entry): entry.id
        case .delete(let id): id
        }
    }
}
