public import NetTypes

/// The operator's word on which VM port is which datapath port (`rfserver --config FILE`).
///
/// CSV with the header `vm_id,vm_port,ct_id,dp_id,dp_port`; ids in hexadecimal, ports in decimal. Empty lines and
/// lines that begin with `#` are passed over. The `ct_id` says which rfproxy is to have the datapath while it can: it is
/// the same in all lines of a datapath.
public struct MappingFile: Hashable, Sendable {
    /// The partner of each VM port that the file names.
    public private(set) var datapathPorts: [RFEntry.VMPort: RFEntry.DatapathPort] = [:]
    /// The partner of each datapath port that the file names.
    public private(set) var vmPorts: [RFEntry.DatapathPort.Place: RFEntry.VMPort] = [:]
    /// The rfproxy that is to have each datapath that the file names, while the datapath is connected to it.
    public private(set) var proxies: [DatapathID: Int32] = [:]

    /// A line that cannot be used.
    public struct LineError: Error, Hashable, CustomStringConvertible {
        /// The file's name.
        public var file: String
        /// The line's number, from 1.
        public var line: Int
        /// What is wrong with it.
        public var reason: String

        /// `file:line: reason`.
        public var description: String { "\(file):\(line): \(reason)" }
    }

    static let header = "vm_id,vm_port,ct_id,dp_id,dp_port"

    /// A file that names nothing.
    public init() {}

    /// Reads a file's text.
    /// - Parameter name: what the file is called in errors.
    public init(text: String, name: String) throws(LineError) {
        var seenHeader = false
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, raw) in lines.enumerated() {
            let line = raw.filter { !$0.isWhitespace && $0 != "\u{FEFF}" }
            if line.isEmpty || line.hasPrefix("#") { continue }
            func refuse(_ reason: String) -> LineError {
                LineError(file: name, line: index + 1, reason: reason)
            }
            if !seenHeader {
                guard line.lowercased() == Self.header else {
                    throw refuse("the header has to be \(Self.header)")
                }
                seenHeader = true
                continue
            }
            let (vm, datapath) = try Self.row(line, refuse)
            guard datapathPorts[vm] == nil else {
                throw refuse("VM \(vm.vmID) port \(vm.port) is named a second time")
            }
            guard vmPorts[datapath.place] == nil else {
                throw refuse("datapath \(datapath.dpID) port \(datapath.port) is named a second time")
            }
            let proxy = proxies[datapath.dpID] ?? datapath.ctID
            guard proxy == datapath.ctID else {
                throw refuse("datapath \(datapath.dpID) has ct_id \(datapath.ctID) here and \(proxy) above")
            }
            datapathPorts[vm] = datapath
            vmPorts[datapath.place] = vm
            proxies[datapath.dpID] = proxy
        }
        guard seenHeader else {
            throw LineError(file: name, line: 1, reason: "the header \(Self.header) is missing")
        }
    }

    private static func row(
        _ line: String, _ refuse: (String) -> LineError
    ) throws(LineError) -> (RFEntry.VMPort, RFEntry.DatapathPort) {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 5 else { throw refuse("\(fields.count) fields instead of 5") }
        guard let vmID = VMID(fields[0]), vmID.rawValue != 0 else {
            throw refuse("vm_id '\(fields[0])' is not 1 to 12 hexadecimal digits")
        }
        guard let vmPort = UInt8(fields[1]), vmPort > 0 else {
            throw refuse("vm_port '\(fields[1])' is not a number from 1 to 255")
        }
        guard let ctID = Int32(fields[2]), ctID >= 0 else {
            throw refuse("ct_id '\(fields[2])' is not a number from 0 on")
        }
        guard let dpID = DatapathID(fields[3]) else {
            throw refuse("dp_id '\(fields[3])' is not 1 to 16 hexadecimal digits")
        }
        guard !dpID.isVirtualSwitch else { throw refuse("dp_id \(dpID) is that of a virtual switch") }
        guard let port = UInt16(fields[4]), (1...0xFF00).contains(port) else {
            throw refuse("dp_port '\(fields[4])' is not a number from 1 to 65280")
        }
        return (RFEntry.VMPort(vmID, vmPort), RFEntry.DatapathPort(ctID: ctID, dpID, port))
    }
}
