import NetTypes
import RFProxyCore

@testable import RFMongo

extension FuzzTarget {
    /// Addresses and ids as people write them: the two readers that there are agree, and each value's own notation is read.
    static let words = FuzzTarget(name: "words", longest: 64) { input in
        let text = String(decoding: input, as: UTF8.self)
        try checkNotation(of: IPv4Address(text))
        try checkNotation(of: IPv6Address(text))
        try checkNotation(of: IPAddress(text))
        try checkNotation(of: IPPrefix(text))
        try checkNotation(of: MACAddress(text))
        try checkNotation(of: VMID(text))
        try checkNotation(of: DatapathID(text))
        try checkNotation(of: ListenAddress(text))

        // In documents ids and MAC addresses have one length only.
        try checkAgreement(IPv4Address(text: input), IPv4Address(text))
        try checkAgreement(IPAddress(text: input), IPAddress(text))
        try checkAgreement(MACAddress(text: input), input.count == 17 ? MACAddress(text) : nil)
        try checkAgreement(VMID(text: input), input.count == 12 ? VMID(text) : nil)
        try checkAgreement(DatapathID(text: input), input.count == 16 ? DatapathID(text) : nil)
        if let prefix = IPPrefix(text) { try checkPrefix(prefix) }
    }
}

private func checkNotation<Value: LosslessStringConvertible & Equatable>(of value: Value?) throws {
    guard let value else { return }
    try expect(Value(value.description) == value, "\(value) is read as another")
}

private func checkAgreement<Value: Equatable>(_ stored: Value?, _ written: Value?) throws {
    try expect(
        stored == written, "in a document \(String(describing: stored)), else \(String(describing: written))")
}

private func checkPrefix(_ prefix: IPPrefix) throws {
    try expect(
        prefix.contains(prefix.address) && prefix.contains(prefix.last), "\(prefix) lacks its own ends")
    try expect(prefix.address <= prefix.last, "\(prefix) ends before it begins")
    if let netmask = prefix.netmask, let address = prefix.address.v4 {
        try expect(IPPrefix(address, netmask: netmask) == prefix, "\(prefix) with its netmask is another")
    }
}
