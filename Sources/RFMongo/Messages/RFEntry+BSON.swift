import NetTypes
import RFLib

/// A row of the table. The fields of a side that is not known are absent.
extension RFEntry: BSONMessage {
    func append(to document: inout BSONWriter) {
        document.append("_id", id)
        if let vm {
            document.append("vm_id", vm.vmID)
            document.append("vm_port", vm.port)
        }
        if let datapath {
            document.append("ct_id", datapath.ctID)
            document.append("dp_id", datapath.dpID)
            document.append("dp_port", datapath.port)
        }
        if let virtual {
            document.append("vs_id", virtual.vsID)
            document.append("vs_port", virtual.port)
        }
    }

    init(from document: inout BSONReader) throws(BSONError) {
        self.init()
        if let vmID = try document.readIfPresent("vm_id", as: VMID.self) {
            vm = VMPort(vmID, try document.read("vm_port"))
        }
        if let dpID = try document.readIfPresent("dp_id", as: DatapathID.self) {
            datapath = DatapathPort(
                ctID: try document.read("ct_id"), dpID, try document.read("dp_port"))
        }
        if let vsID = try document.readIfPresent("vs_id", as: DatapathID.self) {
            virtual = VirtualPort(vsID, try document.read("vs_port"))
        }
        guard vm != nil || datapath != nil else { throw BSONError("neither a VM port nor a datapath port") }
        // A row under another name could never be changed or deleted by its `id`.
        let storedID: String = try document.read("_id")
        guard storedID == id else { throw BSONError("_id: \"\(storedID.prefix(64))\" should be \"\(id)\"") }
    }
}
