import NetTypes
import RFLib

extension FuzzTarget {
    /// A mapping file: refused with one line that names its line, or read; what is read can be written, and reads as the same.
    static let mappingFile = FuzzTarget(name: "mapping-file", longest: 1024) { input in
        let text = String(decoding: input, as: UTF8.self)
        let file: MappingFile
        do throws(MappingFile.LineError) {
            file = try MappingFile(text: text, name: "map.csv")
        } catch {
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
            try expect((1...max(lines, 1)).contains(error.line), "line \(error.line) of \(lines)")
            try expect(!error.description.contains(where: \.isNewline), "an error of several lines")
            return
        }
        try expect(file.datapathPorts.count == file.vmPorts.count, "ports without a partner")
        for (vm, datapath) in file.datapathPorts {
            try expect(file.vmPorts[datapath.place] == vm, "\(vm) has \(datapath), which has another")
            try expect(vm.port > 0 && datapath.ctID >= 0 && datapath.port > 0, "an impossible port")
            try expect(!datapath.dpID.isVirtualSwitch, "a virtual switch is named")
        }
        let again = try MappingFile(text: written(file), name: "map.csv")
        try expect(again == file, "read otherwise than written")
    }
}

private func written(_ file: MappingFile) -> String {
    let rows = file.datapathPorts.map { vm, datapath in
        "\(vm.vmID),\(vm.port),\(datapath.ctID),\(datapath.dpID),\(datapath.port)"
    }
    return (["vm_id,vm_port,ct_id,dp_id,dp_port"] + rows.sorted()).joined(separator: "\n")
}
