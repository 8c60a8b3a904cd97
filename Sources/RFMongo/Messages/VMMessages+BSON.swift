import NetTypes
import RFLib

extension VMRegisterRequest: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("vm_id", vmID)
        document.append("boot_id", bootID)
        document.append("ports", documents: ports) { $1.append(to: &$0) }
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            vmID: try document.read("vm_id"), bootID: try document.read("boot_id"),
            ports: try document.list("ports", of: Port.init(from:)))
    }
}

extension VMRegisterRequest.Port: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("vm_port", vmPort)
        document.append("name", name)
        document.append("hwaddress", hwAddress)
        document.append("up", isUp)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            vmPort: try document.read("vm_port"), name: try document.read("name"),
            hwAddress: try document.read("hwaddress"), isUp: try document.read("up"))
    }
}

extension VMRegisterResponse: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("vm_id", vmID)
        document.append("accept", accept)
        document.append("reason", reason)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            vmID: try document.read("vm_id"), accept: try document.read("accept"),
            reason: try document.read("reason"))
    }
}

extension VMConfig: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("vm_id", vmID)
        document.append("n_ports", Int32(clamping: portCount))
        document.append("hwaddress", hwAddress)
        document.append("token", Int64(bitPattern: token))
        document.append("beat", beatInterval)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            vmID: try document.read("vm_id"), portCount: try document.count("n_ports"),
            hwAddress: try document.read("hwaddress"), token: try document.token("token"),
            beatInterval: try document.read("beat"))
        guard beatInterval > 0 else { throw BSONError("beat: \(beatInterval) is out of range") }
    }
}

extension VMPortMapped: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("vm_id", vmID)
        document.append("vm_port", vmPort)
        document.append("is_removal", isRemoval)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            vmID: try document.read("vm_id"), vmPort: try document.read("vm_port"),
            isRemoval: try document.read("is_removal"))
    }
}

extension VMMap: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("vm_id", vmID)
        document.append("vm_port", vmPort)
        document.append("vs_id", vsID)
        document.append("vs_port", vsPort)
        document.append("token", Int64(bitPattern: token))
        document.append("is_removal", isRemoval)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            vmID: try document.read("vm_id"), vmPort: try document.read("vm_port"),
            vsID: try document.read("vs_id"), vsPort: try document.read("vs_port"),
            token: try document.token("token"), isRemoval: try document.read("is_removal"))
    }
}

extension BSONReader {
    /// A number of things: an integer that is not negative.
    fileprivate mutating func count(_ name: StaticString) throws(BSONError) -> Int {
        let count: Int32 = try read(name)
        guard count >= 0 else { throw BSONError("\(name): \(count) is out of range") }
        return Int(count)
    }

    /// A token: BSON has no unsigned integers, so it is the int64 with the same bits.
    fileprivate mutating func token(_ name: StaticString) throws(BSONError) -> UInt64 {
        UInt64(bitPattern: try read(name, as: Int64.self))
    }
}
