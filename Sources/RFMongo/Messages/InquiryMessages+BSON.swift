import NetTypes
import RFLib

extension Inquiry: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("id", id)
        if let vmID { document.append("vm_id", vmID) }
        if let destination { document.append("address", destination.description) }
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(id: try document.read("id"), vmID: try document.readIfPresent("vm_id"))
        guard let text = try document.readIfPresent("address", as: String.self) else { return }
        guard let address = IPv4Address(text) else { throw BSONError("address: \(text) is no IPv4 address") }
        destination = address
    }
}

extension Report: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("id", id)
        document.append("body", body)
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init(id: try document.read("id"), body: try document.read("body"))
    }
}
