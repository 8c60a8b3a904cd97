import NetTypes
import Testing

@Suite("Addresses")
struct AddressTests {
    @Test(
        "a MAC address reads as it writes",
        arguments: ["02:00:00:00:00:a1", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"])
    func macRoundTrip(text: String) throws {
        let address = try #require(MACAddress(text))
        #expect(address.description == text)
        #expect(MACAddress(bytes: address.bytes) == address)
    }

    @Test(
        "text that is no MAC address is refused",
        arguments: [
            "", "02:00:00:00:00", "02:00:00:00:00:a1:00", "02:00:00:00:00:1a1", "02:00:00:00:00:g1",
            "+2:0:0:0:0:0",
        ])
    func macRefused(text: String) {
        #expect(MACAddress(text) == nil)
    }

    @Test("an IPv4-mapped address stands for the IPv4 address, any other for itself")
    func mapped() {
        #expect(IPAddress("::ffff:192.0.2.1")?.unmapped == IPAddress("192.0.2.1"))
        for text in ["192.0.2.1", "::1", "::192.0.2.1", "2001:db8::ffff:c000:201", "::fffe:c000:201"] {
            #expect(IPAddress(text) != nil && IPAddress(text)?.unmapped == IPAddress(text))
        }
    }

    @Test("group addresses are known by the first bit on the wire")
    func groups() throws {
        #expect(try #require(MACAddress("01:00:5e:00:00:05")).isMulticast)
        #expect(try !#require(MACAddress("02:00:5e:00:00:05")).isMulticast)
        #expect(try #require(MACAddress("01:80:c2:00:00:0e")).isLinkLocalGroup)
        #expect(try !#require(MACAddress("01:80:c2:00:00:10")).isLinkLocalGroup)
    }

    @Test("an IPv4 address reads as it writes", arguments: ["0.0.0.0", "10.0.0.1", "255.255.255.255"])
    func ipv4RoundTrip(text: String) throws {
        let address = try #require(IPv4Address(text))
        #expect(address.description == text)
        #expect(IPv4Address(bytes: address.bytes) == address)
    }

    @Test(
        "text that is no IPv4 address is refused",
        arguments: [
            "", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.01", "10.0.0.-1", "10.0.0.+1", "10..0.1",
            "fe80::1",
        ])
    func ipv4Refused(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test(
        "IPv6 addresses are written in the short form of RFC 5952",
        arguments: [
            ("2001:0db8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("FE80::1", "fe80::1"),
        ])
    func ipv6(text: String, short: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == short)
        #expect(IPv6Address(bytes: address.bytes) == address)
    }

    @Test("fe80:: is not read as 254.128.0.0 (trap 4)")
    func familyIsKept() throws {
        let octets = try #require(IPv6Address("fe80::1")).bytes
        let address = try #require(IPAddress(bytes: octets))
        #expect(address.v4 == nil)
        #expect(address.description == "fe80::1")
        #expect(IPAddress(bytes: [254, 128, 0]) == nil)
    }
}

@Suite("Identities")
struct IdentityTests {
    @Test("two MAC addresses never give one VM id (trap 24)")
    func vmIDsAreNumbers() throws {
        // The original joined the octets in decimal: these two gave the same text.
        let one = VMID(try #require(MACAddress("01:0b:00:00:00:00")))
        let other = VMID(try #require(MACAddress("0b:01:00:00:00:00")))
        #expect(one != other)
        #expect(one.description == "010b00000000")
    }

    @Test("the data address is a unicast, local one, and not the management interface's")
    func dataAddress() throws {
        for text in ["02:00:00:00:00:a1", "00:16:3e:11:22:33", "02:01:00:00:00:a1"] {
            let management = try #require(MACAddress(text))
            let data = VMID(management).dataAddress
            #expect(!data.isMulticast)
            #expect(data.rawValue & 0x0200_0000_0000 != 0)
            #expect(data != management)
        }
    }

    @Test("a virtual switch is known by the upper half of its identity")
    func virtualSwitches() throws {
        #expect(DatapathID.defaultVirtualSwitch.isVirtualSwitch)
        #expect(try #require(DatapathID("7266767300000001")).isVirtualSwitch)
        #expect(try !#require(DatapathID("99")).isVirtualSwitch)
        #expect(try #require(DatapathID("99")).description == "0000000000000099")
        #expect(DatapathID("72667673726676730") == nil)
    }
}

@Suite("Prefixes")
struct PrefixTests {
    @Test("every length from 0 to 32 survives its netmask (traps 3 and 16)", arguments: 0...32)
    func lengths(length: Int) throws {
        let address = try #require(IPv4Address("255.255.255.255"))
        let prefix = try #require(IPPrefix(.v4(address), length: length))
        let mask = try #require(prefix.netmask)
        #expect(mask.rawValue.nonzeroBitCount == length)
        #expect(IPPrefix(address, netmask: mask) == prefix)
        #expect(prefix.address == .v4(mask))
    }

    @Test("a netmask with a hole is refused", arguments: ["255.0.255.0", "0.255.255.255", "255.255.255.1"])
    func holes(mask: String) throws {
        #expect(IPPrefix(IPv4Address(rawValue: 0), netmask: try #require(IPv4Address(mask))) == nil)
    }

    @Test(
        "host bits are cleared, and the text says so",
        arguments: [
            ("10.1.2.3/8", "10.0.0.0/8"), ("172.31.1.130/25", "172.31.1.128/25"), ("10.0.0.1", "10.0.0.1/32"),
            ("1.2.3.4/0", "0.0.0.0/0"), ("2001:db8:ffff::/33", "2001:db8:8000::/33"),
        ])
    func canonical(text: String, canonical: String) throws {
        #expect(try #require(IPPrefix(text)).description == canonical)
    }

    @Test(
        "text that is no prefix is refused",
        arguments: ["", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129"])
    func refused(text: String) {
        #expect(IPPrefix(text) == nil)
    }

    @Test("a prefix holds its first and last address and no neighbour")
    func contains() throws {
        let prefix = try #require(IPPrefix("172.16.0.0/13"))
        #expect(prefix.contains(try #require(IPAddress("172.16.0.0"))))
        #expect(prefix.last == IPAddress("172.23.255.255"))
        #expect(prefix.contains(prefix.last))
        #expect(!prefix.contains(try #require(IPAddress("172.24.0.0"))))
        #expect(!prefix.contains(try #require(IPAddress("172.15.255.255"))))
        #expect(!IPPrefix.ipv4Default.contains(try #require(IPAddress("::"))))
    }
}
