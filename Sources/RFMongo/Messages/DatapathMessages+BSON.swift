import NetTypes
import RFLib

extension DatapathConfig: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_id", dpID)
        document.append("operation_id", operation.rawValue)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        let dpID: DatapathID = try document.read("dp_id")
        let number: Int32 = try document.read("operation_id")
        guard let operation = DatapathOperation(rawValue: number) else {
            throw BSONError("operation_id: \(number) is unknown")
        }
        self.init(dpID: dpID, operation: operation)
    }
}

/// `n_ports` is written for tools; the ports themselves are what is read.
extension DatapathJoin: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_id", dpID)
        document.append("n_ports", Int32(clamping: ports.count))
        document.append("is_rfvs", isVirtualSwitch)
        document.append("ct_id", ctID)
        document.append("ports", documents: ports) { $1.append(to: &$0) }
        document.append("connection", connection)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            dpID: try document.read("dp_id"), ctID: try document.read("ct_id"),
            isVirtualSwitch: try document.read("is_rfvs"),
            ports: try document.list("ports", of: Port.init(from:)),
            connection: try document.read("connection"))
    }
}

extension DatapathJoin.Port: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_port", dpPort)
        document.append("name", name)
        document.append("up", isUp)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            dpPort: try document.read("dp_port"), name: try document.read("name"),
            isUp: try document.read("up"))
    }
}

extension DatapathLeave: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_id", dpID)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(dpID: try document.read("dp_id"))
    }
}

extension PortMap: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_id", dpID)
        document.append("dp_port", dpPort)
        document.append("ct_id", ctID)
        document.append("vs_id", vsID)
        document.append("vs_port", vsPort)
        document.append("is_removal", isRemoval)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            dpID: try document.read("dp_id"), dpPort: try document.read("dp_port"),
            ctID: try document.read("ct_id"), vsID: try document.read("vs_id"),
            vsPort: try document.read("vs_port"), isRemoval: try document.read("is_removal"))
    }
}

extension DatapathGrant: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_id", dpID)
        document.append("ct_id", ctID)
        document.append("turn", turn)
        document.append("is_removal", isRemoval)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(
            dpID: try document.read("dp_id"), ctID: try document.read("ct_id"),
            turn: try document.read("turn"), isRemoval: try document.read("is_removal"))
    }
}

extension TableComplete: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("dp_id", dpID)
        document.append("is_removal", isRemoval)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(dpID: try document.read("dp_id"), isRemoval: try document.read("is_removal"))
    }
}
