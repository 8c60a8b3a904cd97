import NetTypes
import RFLib
import RFTestKit
import Testing

@testable import RFMongo

@Suite("Documents that others wrote")
struct MalformedTests {
    /// An envelope in which some fields are replaced, or left out where the replacement is empty.
    private static func envelopeJSON(_ changes: [String: String]) -> String {
        let fields: [(String, String)] = [
            ("from", "\"02163e000a01\""), ("to", "\"rfserver\""), ("type", "4"), ("read", "false"),
            ("epoch", "7"),
            ("to_epoch", "5"), ("stream", "1"), ("seq", "2"), ("content", "[\(routeJSON([:]))]"),
        ]
        return object(fields, changes)
    }

    private static func routeJSON(_ changes: [String: String]) -> String {
        let fields: [(String, String)] = [
            ("vm_id", "\"02163e000a01\""), ("address", "\"10.0.0.0\""), ("netmask", "\"255.0.0.0\""),
            ("dst_port", "2"),
            ("src_hwaddress", "\"02:17:3e:00:0a:01\""), ("dst_hwaddress", "\"AA:bb:cc:dd:ee:ff\""),
            ("is_removal", "false"), ("kind", "\"route\""),
        ]
        return object(fields, changes)
    }

    private static func object(_ fields: [(String, String)], _ changes: [String: String]) -> String {
        let known = fields.map { ($0.0, changes[$0.0] ?? $0.1) }
        let added = changes.filter { change in !fields.contains { $0.0 == change.key } }.map {
            ($0.key, $0.value)
        }
        let members = (known + added).filter { !$0.1.isEmpty }.map { "\"\($0)\": \($1)" }
        return "{\(members.joined(separator: ", "))}"
    }

    @Test(
        "Integers are read from int32, int64 and integral doubles",
        arguments: ["2", #"{"$numberLong": "2"}"#, "2.0"])
    func integers(_ number: String) throws {
        let route = Self.routeJSON(["dst_port": number])
        let json = Self.envelopeJSON(["epoch": number, "type": "4.0", "content": "[\(route)]"])
        let envelope = try envelope(in: document(json))
        #expect(envelope.epoch == 2)
        #expect(envelope.content == [Samples.route("10.0.0.0/8")])
    }

    @Test("A lone document is a batch of one, fields may be in any order, and unknown ones are ignored")
    func lenience() throws {
        let route = """
            {"kind": "route", "extra": {"a": [1, null]}, "is_removal": false, "netmask": "255.0.0.0", "dst_port": 2, \
            "dst_hwaddress": "aa:bb:cc:dd:ee:ff", "src_hwaddress": "02:17:3e:00:0a:01", "address": "10.0.0.0", \
            "vm_id": "02163E000A01", "when": {"$date": {"$numberLong": "0"}}, "re": {"$regularExpression": {"pattern": "a", "options": ""}}}
            """
        let envelope = try envelope(in: document(Self.envelopeJSON(["content": route, "term": "1"])))
        #expect(envelope.content == [Samples.route("10.0.0.0/8")])
        #expect(envelope.rejected.isEmpty)
    }

    @Test(
        "A message that cannot be understood is rejected with the field and the reason, and the others are kept",
        arguments: [
            (["vm_id": ""], "vm_id: missing"),
            (["vm_id": "1"], "vm_id: a string is expected, not int32"),
            (["vm_id": "\"02163e000a0\""], #"vm_id: "02163e000a0" is not a VM id of 12 hexadecimal digits"#),
            (
                ["vm_id": "\"02163e000a0g\""],
                #"vm_id: "02163e000a0g" is not a VM id of 12 hexadecimal digits"#
            ),
            (["address": "\"10.0.0\""], #"address: "10.0.0" is not an IP address"#),
            (["address": "\"10.0.0.256\""], #"address: "10.0.0.256" is not an IP address"#),
            (["address": "\"10.0.0.00\""], #"address: "10.0.0.00" is not an IP address"#),
            (["address": "\"10.0.0.0.\""], #"address: "10.0.0.0." is not an IP address"#),
            (["address": "\"\""], #"address: "" is not an IP address"#),
            (["netmask": "\"255.0.255.0\""], "netmask: 255.0.255.0 is not contiguous"),
            (["netmask": "\"0.0.0.1\""], "netmask: 0.0.0.1 is not contiguous"),
            (["netmask": "\"/8\""], #"netmask: "/8" is not an IPv4 address"#),
            (["address": "\"::\""], #"netmask: "255.0.0.0" is not the length of an IPv6 prefix"#),
            (
                ["address": "\"::\"", "netmask": "\"/129\""],
                #"netmask: "/129" is not the length of an IPv6 prefix"#
            ),
            (
                ["address": "\"::\"", "netmask": "\"/+1\""],
                #"netmask: "/+1" is not the length of an IPv6 prefix"#
            ),
            (["dst_port": "65536"], "dst_port: 65536 is out of range"),
            (["dst_port": "-1"], "dst_port: -1 is out of range"),
            (["dst_port": "2.5"], "dst_port: 2.5 is not an integer"),
            (["dst_port": "{\"$numberDouble\": \"NaN\"}"], "dst_port: nan is not an integer"),
            (["dst_port": "1e300"], "dst_port: 1e+300 is not an integer"),
            (["dst_port": "null"], "dst_port: an integer is expected, not null"),
            (
                ["src_hwaddress": "\"02:17:3e:00:0a\""],
                #"src_hwaddress: "02:17:3e:00:0a" is not a MAC address"#
            ),
            (
                ["dst_hwaddress": "\"02-17-3e-00-0a-01\""],
                #"dst_hwaddress: "02-17-3e-00-0a-01" is not a MAC address"#
            ),
            (["is_removal": "0"], "is_removal: a bool is expected, not int32"),
            (["kind": "\"teleport\""], #"kind: "teleport" is unknown"#),
        ])
    func rejected(_ changes: [String: String], _ reason: String) throws {
        let content =
            "[\(Self.routeJSON([:])), \(Self.routeJSON(changes)), \(Self.routeJSON(["is_removal": "true"]))]"
        let envelope = try envelope(in: document(Self.envelopeJSON(["content": content])))
        #expect(envelope.rejected == [reason])
        #expect(envelope.content.count == 2)
    }

    @Test("Something other than documents among the messages is rejected")
    func rejectedItems() throws {
        let envelope = try envelope(
            in: document(Self.envelopeJSON(["content": "[1, \"x\", \(Self.routeJSON([:]))]"])))
        #expect(
            envelope.rejected == ["a document is expected, not int32", "a document is expected, not string"])
        #expect(envelope.content.count == 1)
    }

    @Test("An unknown operation, and ports that are no ports, are rejected")
    func rejectedInside() throws {
        let operation = try envelope(
            in: document(
                Self.envelopeJSON([
                    "type": "3", "content": #"[{"dp_id": "0000000000000099", "operation_id": 9}]"#,
                ])))
        #expect(operation.rejected == ["operation_id: 9 is unknown"])
        let ports = try envelope(
            in: document(
                Self.envelopeJSON([
                    "type": "0",
                    "content": #"[{"vm_id": "02163e000a01", "boot_id": "b", "ports": [{"vm_port": 256}]}]"#,
                ])))
        #expect(ports.rejected == ["ports: vm_port: 256 is out of range"])
    }

    @Test(
        "A document whose envelope cannot be understood is poison",
        arguments: [
            (["type": "\"4\""], "type: an integer is expected, not string"),
            (["type": "4294967300"], "type: 4294967300 is out of range"), (["from": ""], "from: missing"),
            (["from": "\"\(String(repeating: "x", count: 65))\""], "from, to: longer than any name"),
            (["to": "1"], "to: a string is expected, not int32"),
            (["epoch": "true"], "epoch: an integer is expected, not boolean"),
            (["to_epoch": ""], "to_epoch: missing"),
            (["stream": "\"\""], "stream: an integer is expected, not string"),
            (["seq": "1.5"], "seq: 1.5 is not an integer"), (["content": ""], "content: missing"),
            (["content": "4"], "content: a document is expected, not int32"),
        ])
    func poison(_ changes: [String: String], _ reason: String) {
        #expect(throws: BSONError(reason)) { try envelope(in: document(Self.envelopeJSON(changes))) }
    }

    @Test(
        "An envelope of a type that a later version may have keeps its place in the stream",
        arguments: [4242, 99, -1])
    func unknownType(type: Int) throws {
        let read = try envelope(in: document(Self.envelopeJSON(["type": "\(type)"])))
        #expect(read.kind == .unknown)
        #expect(read.seq == 2)
        #expect(read.content.isEmpty)
        #expect(read.rejected == ["a type that this version does not know"])
    }

    @Test("Text that is not UTF-8 is refused")
    func notUTF8() throws {
        var document = bytes(of: Samples.envelope())
        let place = try #require(document.firstRange(of: Array("02163e000a01".utf8)))
        document[place.lowerBound] = 0xFF
        #expect(throws: BSONError("from: the text is not UTF-8")) { try envelope(in: document) }
    }

    @Test("Every truncation of a document is refused")
    func truncations() {
        let whole = bytes(of: Samples.envelope(Samples.messages.filter { $0.kind == .routeInfo }))
        for count in 0..<whole.count {
            #expect(throws: BSONError.self) { try envelope(in: Array(whole.prefix(count))) }
            var patched = Array(whole.prefix(count))
            guard count > 4 else { continue }
            withUnsafeBytes(of: Int32(count).littleEndian) { patched.replaceSubrange(0..<4, with: $0) }
            patched[count - 1] = 0
            _ = try? envelope(in: patched)
        }
    }

    @Test("Random damage gives an error or another envelope, never a trap")
    func damage() {
        var random = SplitMix64(seed: 1)
        for message in Samples.messages {
            let whole = bytes(of: Samples.envelope([message]))
            for _ in 0..<100 {
                var damaged = whole
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    damaged[Int.random(in: damaged.indices, using: &random)] = .random(
                        in: 0...255, using: &random)
                }
                _ = try? envelope(in: damaged)
            }
        }
    }
}
