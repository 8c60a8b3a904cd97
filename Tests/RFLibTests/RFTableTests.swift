import NetTypes
import RFLib
import RFTestKit
import Testing

private let vm1 = VMID(rawValue: 0xA1)
private let vm2 = VMID(rawValue: 0xA2)
private let dp5 = DatapathID(rawValue: 5)
private let dp6 = DatapathID(rawValue: 6)
private let vs = DatapathID.defaultVirtualSwitch

private let file = """
    vm_id,vm_port,ct_id,dp_id,dp_port
    0000000000a1,1,0,5,3
    0000000000a1,2,0,6,1
    """

@Suite("RFTable")
struct RFTableTests {
    @Test("the first idle VM gets the first idle datapath, port n to port n, whoever comes first")
    func arrival() {
        var table = RFTable()
        table.register(vm1, ports: [1, 2])
        table.join(dp5, ctID: 0, ports: [1, 2, 3])
        table.join(dp6, ctID: 0, ports: [1, 2])
        table.register(vm2, ports: [1, 2])
        #expect(table[vm1, 1]?.datapath == RFEntry.DatapathPort(dp5, 1))
        #expect(table[vm1, 2]?.datapath == RFEntry.DatapathPort(dp5, 2))
        #expect(table[vm2, 1]?.datapath == RFEntry.DatapathPort(dp6, 1))
        #expect(
            table.entries.filter { $0.status == .idleDatapath }.map(\.datapath) == [
                RFEntry.DatapathPort(dp5, 3)
            ])
    }

    @Test("a datapath that joins again duplicates no row (trap 25)")
    func rejoin() {
        var table = RFTable()
        table.register(vm1, ports: [1])
        table.join(dp5, ctID: 0, ports: [1])
        let entries = table.entries
        _ = table.takeChanges()
        table.join(dp5, ctID: 0, ports: [1])
        table.register(vm1, ports: [1])
        #expect(table.entries == entries)
        let changes = table.takeChanges()
        #expect(changes.isEmpty)
    }

    @Test("an idle VM that registers again is taken as it is (trap 26)")
    func idleVMAgain() {
        var table = RFTable()
        table.register(vm1, ports: [1])
        table.register(vm1, ports: [1])
        #expect(table.entries.map(\.status) == [.idleVM])
    }

    @Test("the port numbers of the two sides need not be equal (trap 20)")
    func mappingFileDecides() throws {
        for vmFirst in [true, false] {
            var table = RFTable(mapping: try MappingFile(text: file, name: "f"))
            if vmFirst { table.register(vm1, ports: [1, 2]) }
            table.join(dp6, ctID: 0, ports: [1, 2])
            table.join(dp5, ctID: 0, ports: [1, 2, 3])
            if !vmFirst { table.register(vm1, ports: [1, 2]) }
            #expect(table[vm1, 1]?.datapath == RFEntry.DatapathPort(dp5, 3))
            #expect(table[vm1, 2]?.datapath == RFEntry.DatapathPort(dp6, 1))
        }
    }

    @Test("a named port is never given to another, and strict leaves the unnamed idle")
    func namedAndStrict() throws {
        let mapping = try MappingFile(text: file, name: "f")
        var table = RFTable(mapping: mapping)
        table.register(vm2, ports: [1, 3])
        table.join(dp6, ctID: 0, ports: [1])
        #expect(table[vm2, 1]?.datapath == nil)
        table.join(dp5, ctID: 0, ports: [1, 3])
        #expect(table[vm2, 1]?.datapath == RFEntry.DatapathPort(dp5, 1))
        #expect(table[vm2, 3]?.datapath == nil)

        var strict = RFTable(mapping: mapping, isStrict: true)
        strict.register(vm2, ports: [1])
        strict.join(dp5, ctID: 0, ports: [1])
        #expect(strict[vm2, 1]?.status == .idleVM)
    }

    @Test("edited rows of the mapping file apply at the next start (trap 12)")
    func editedFile() throws {
        var before = RFTable(mapping: try MappingFile(text: file, name: "f"))
        before.register(vm1, ports: [1, 2])
        before.join(dp5, ctID: 0, ports: [1, 3])
        before.join(dp6, ctID: 0, ports: [1])
        let edited = file.replacing("0000000000a1,1,0,5,3", with: "0000000000a1,1,0,5,1")
        var after = RFTable(stored: before.entries, mapping: try MappingFile(text: edited, name: "f"))
        #expect(after[vm1, 1]?.datapath == RFEntry.DatapathPort(dp5, 1))
        #expect(after[vm1, 2]?.datapath == RFEntry.DatapathPort(dp6, 1))
        let changes = after.takeChanges()
        #expect(changes.contains { $0.entry?.vm?.port == 1 })
    }

    @Test("what was stored is what is there after a restart (trap 1)")
    func restart() {
        var before = RFTable()
        before.register(vm1, ports: [1, 2])
        before.join(dp5, ctID: 0, ports: [1, 2, 3])
        _ = before.map(RFEntry.VMPort(vm1, 1), to: RFEntry.VirtualPort(vs, 7))
        var stored: [String: RFEntry] = [:]
        for change in before.takeChanges() { stored[change.id] = change.entry }
        #expect(Set(stored.values) == Set(before.entries))
        var after = RFTable(stored: Array(stored.values))
        #expect(after.entries == before.entries)
        let changes = after.takeChanges()
        #expect(changes.isEmpty)
    }

    @Test(
        "a datapath that moves to another rfproxy takes its rows along, idle ones too, and leaves none behind"
    )
    func move() {
        var table = RFTable()
        table.register(vm1, ports: [1, 2])
        table.join(dp5, ctID: 0, ports: [1, 2, 3])
        _ = table.map(RFEntry.VMPort(vm1, 1), to: RFEntry.VirtualPort(vs, 7))
        table.register(vm2, ports: [1, 2])
        let before = table.entries
        _ = table.takeChanges()
        table.join(dp5, ctID: 1, ports: [1, 2, 3])
        #expect(table.entries.count == before.count)
        #expect(table.entries.map(\.vm) == before.map(\.vm))
        #expect(table.entries.map(\.virtual) == before.map(\.virtual))
        #expect(table.entries.map(\.datapath?.place) == before.map(\.datapath?.place))
        #expect(table.entries.compactMap(\.datapath?.ctID) == [1, 1, 1])
        #expect(table[vm2, 1]?.status == .idleVM, "it is the same datapath, not another one for the next VM")
        #expect(table.datapaths == [dp5: 1])
        let changes = table.takeChanges()
        #expect(changes.count == 3)
        #expect(changes.allSatisfy { if case .put = $0 { true } else { false } })
    }

    @Test("the table is read back whose datapath was moving when rfserver ended: all its rows say one thing")
    func halfMoved() {
        var table = RFTable(stored: [
            RFEntry(vm: .init(vm1, 1), datapath: .init(ctID: 1, dp5, 1)),
            RFEntry(vm: .init(vm1, 2), datapath: .init(ctID: 0, dp5, 2)),
            RFEntry(datapath: .init(ctID: 0, dp5, 3)),
        ])
        #expect(Set(table.entries.compactMap(\.datapath?.ctID)).count == 1)
        let changes = table.takeChanges()
        #expect(changes.count == 2)
    }

    @Test("the mapping file's ct_id is a wish: rows that are elsewhere stay there")
    func preferredProxy() throws {
        let mapping = try MappingFile(text: file.replacing(",0,5,", with: ",4,5,"), name: "f")
        #expect(mapping.proxies == [dp5: 4, dp6: 0])
        var table = RFTable(mapping: mapping, isStrict: true)
        table.register(vm1, ports: [1, 2])
        table.join(dp5, ctID: 1, ports: [3])
        #expect(table[vm1, 1]?.datapath == RFEntry.DatapathPort(ctID: 1, dp5, 3))
        let again = RFTable(stored: table.entries, mapping: mapping, isStrict: true)
        #expect(again.entries == table.entries)
    }

    @Test("a mapping frame takes a virtual port over from the row that held it")
    func takeOver() {
        var table = RFTable()
        table.register(vm1, ports: [1])
        table.register(vm2, ports: [1])
        let port = RFEntry.VirtualPort(vs, 7)
        let answers = [vm1, vm2].map { table.map(RFEntry.VMPort($0, 1), to: port) }
        #expect(answers == [true, true])
        #expect(table[vm1, 1]?.virtual == nil)
        #expect(table[virtualPort: port]?.vm == RFEntry.VMPort(vm2, 1))
        let isKnown = table.map(RFEntry.VMPort(vm2, 9), to: port)
        #expect(!isKnown)
        #expect(table[virtualPort: port]?.vm == RFEntry.VMPort(vm2, 1))
    }

    @Test("a VM that is gone leaves its datapath ports to the next")
    func removal() {
        var table = RFTable()
        table.register(vm1, ports: [1])
        table.join(dp5, ctID: 0, ports: [1])
        table.register(vm2, ports: [1])
        table.remove(vm1)
        #expect(table[vm2, 1]?.datapath == RFEntry.DatapathPort(dp5, 1))
        #expect(table.vms == [vm2])
    }

    @Test(
        "the changes never violate the unique keys of the stored table, in whatever order things arrive",
        arguments: 0..<30)
    func changesKeepKeysUnique(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var table = RFTable(
            mapping: seed.isMultiple(of: 2) ? MappingFile() : try MappingFile(text: file, name: "f"))
        var stored: [String: RFEntry] = [:]
        for _ in 0..<200 {
            let vm = [vm1, vm2].randomElement(using: &random) ?? vm1
            let ports = (1...3).shuffled(using: &random).prefix(2)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: table.remove(vm)
            case 1, 2: table.register(vm, ports: ports.map { UInt8($0) })
            case 3:
                table.join(
                    [dp5, dp6].randomElement(using: &random) ?? dp5,
                    ctID: Int32.random(in: 0...1, using: &random), ports: ports.map { UInt16($0) })
            case 4:
                _ = table.map(
                    RFEntry.VMPort(vm, UInt8(ports[0])),
                    to: RFEntry.VirtualPort(vs, UInt16.random(in: 1...3, using: &random)))
            default: table.unmap(RFEntry.VirtualPort(vs, UInt16.random(in: 1...3, using: &random)))
            }
            for change in table.takeChanges() {
                if case .add(let entry) = change { #expect(stored[entry.id] == nil) }
                stored[change.id] = change.entry
                let datapaths = stored.values.compactMap(\.datapath?.place)
                let virtuals = stored.values.compactMap(\.virtual)
                #expect(Set(datapaths).count == datapaths.count)
                #expect(Set(virtuals).count == virtuals.count)
            }
            #expect(Set(stored.values) == Set(table.entries))
        }
    }
}

@Suite("Mapping file")
struct MappingFileTests {
    @Test("a good file is read, comments and spaces and all")
    func good() throws {
        let mapping = try MappingFile(
            text: "# ours\r\nvm_id, vm_port, ct_id, dp_id, dp_port\r\n\r\n02A0A0A0A0A0, 1, 0, 99, 1\r\n",
            name: "f")
        #expect(
            mapping.datapathPorts[RFEntry.VMPort(VMID(rawValue: 0x02A0_A0A0_A0A0), 1)]
                == RFEntry.DatapathPort(DatapathID(rawValue: 0x99), 1))
    }

    @Test(
        "a bad line is named with its number and the reason (trap 33)",
        arguments: [
            ("", 1, "header"), ("vm_id,vm_port\n", 1, "header"), ("a1,1,0,5", 2, "fields"),
            ("xyz,1,0,5,1", 2, "vm_id"), ("0,1,0,5,1", 2, "vm_id"), ("a1,0,0,5,1", 2, "vm_port"),
            ("a1,256,0,5,1", 2, "vm_port"), ("a1,1,-1,5,1", 2, "ct_id"), ("a1,1,0,zz,1", 2, "dp_id"),
            ("a1,1,0,5,0", 2, "dp_port"), ("a1,1,0,5,65281", 2, "dp_port"),
            ("a1,1,0,7266767300000001,1", 2, "virtual switch"),
            ("a1,1,0,5,1\na1,1,0,5,2", 3, "VM"), ("a1,1,0,5,1\na2,1,0,5,1", 3, "datapath"),
            ("a1,1,0,5,1\na2,1,1,6,1\na1,2,1,5,2", 4, "ct_id"),
        ])
    func bad(rows: String, line: Int, word: String) throws {
        let text =
            rows.contains("vm_id") || rows.isEmpty ? rows : "vm_id,vm_port,ct_id,dp_id,dp_port\n" + rows
        let error = #expect(throws: MappingFile.LineError.self) {
            try MappingFile(text: text, name: "map.csv")
        }
        #expect(error?.line == line)
        #expect(error?.reason.contains(word) == true)
        #expect(error?.description.hasPrefix("map.csv:\(line): ") == true)
    }
}
