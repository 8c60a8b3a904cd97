import NetTypes
import RFLib

extension RouteInfo: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("vm_id", vmID)
        prefix.append(to: &document)
        Way(source: source, forwarding: forwarding).append(to: &document)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        let vmID: VMID = try document.read("vm_id")
        let prefix = try IPPrefix(from: &document)
        let way = try Way(from: &document)
        self.init(vmID: vmID, prefix: prefix, source: way.source, forwarding: way.forwarding)
    }
}

extension FlowMod: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_id", dpID)
        prefix.append(to: &document)
        Way(source: source, forwarding: forwarding).append(to: &document)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        let dpID: DatapathID = try document.read("dp_id")
        let prefix = try IPPrefix(from: &document)
        let way = try Way(from: &document)
        self.init(dpID: dpID, source: way.source, prefix: prefix, forwarding: way.forwarding)
    }
}

extension FlowError: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_id", dpID)
        prefix.append(to: &document)
        document.append("src_hwaddress", source)
        document.append("err_type", type)
        document.append("err_code", code)
        if let carrier { document.append("carrier", carrier.description) }
        document.append("is_removal", isRemoval)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            dpID: try document.read("dp_id"), source: try document.read("src_hwaddress"),
            prefix: try IPPrefix(from: &document), type: try document.read("err_type"),
            code: try document.read("err_code"), isRemoval: try document.read("is_removal"))
        guard let text = try document.readIfPresent("carrier", as: String.self) else { return }
        guard let prefix = IPPrefix(text) else { throw BSONError("carrier: \(text.prefix(64)) is no prefix") }
        carrier = prefix
    }
}

/// A prefix is an address and a netmask. IPv6 has no notation for netmasks: there it is `/` and the length.
extension IPPrefix: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("address", address)
        if let netmask {
            document.append("netmask", netmask)
        } else {
            document.append("netmask", text: { $0.append(raw: "/\(length)".utf8) })
        }
    }

    init(from document: inout BSONReader) throws(BSONError) {
        switch try document.read("address", as: IPAddress.self) {
        case .v4(let address):
            let netmask: IPv4Address = try document.read("netmask")
            guard let prefix = IPPrefix(address, netmask: netmask) else {
                throw BSONError("netmask: \(netmask) is not contiguous")
            }
            self = prefix
        case .v6(let address):
            let netmask: String = try document.read("netmask")
            guard let length = Int(slashed: netmask), let prefix = IPPrefix(.v6(address), length: length)
            else {
                throw BSONError("netmask: \"\(netmask.prefix(64))\" is not the length of an IPv6 prefix")
            }
            self = prefix
        }
    }
}

extension Int {
    /// Parses `/` and one to three digits.
    fileprivate init?(slashed text: String) {
        let digits = text.utf8.dropFirst()
        guard text.utf8.first == UInt8(ascii: "/"), (1...3).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        self = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}

/// What RouteInfo and FlowMod say alike. A withdrawal has no `dst_port`, `dst_hwaddress` and `kind`: they would mean
/// nothing.
private struct Way: BSONMessage {
    var source: MACAddress
    var forwarding: Forwarding?

    init(source: MACAddress, forwarding: Forwarding?) {
        self.source = source
        self.forwarding = forwarding
    }

    func append(to document: inout BSONWriter) {
        document.append("dst_port", ifPresent: forwarding?.port)
        document.append("src_hwaddress", source)
        document.append("dst_hwaddress", ifPresent: forwarding?.destination)
        document.append("is_removal", forwarding == nil)
        document.append("kind", ifPresent: forwarding?.kind.rawValue)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        source = try document.read("src_hwaddress")
        guard try !document.read("is_removal", as: Bool.self) else { return }
        let kind: String = try document.read("kind")
        guard let kind = RouteKind(rawValue: kind) else {
            throw BSONError("kind: \"\(kind.prefix(64))\" is unknown")
        }
        forwarding = Forwarding(
            kind, port: try document.read("dst_port"), destination: try document.read("dst_hwaddress"))
    }
}
