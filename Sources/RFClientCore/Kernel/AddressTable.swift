import NetTypes
import Netlink

/// The VM's own IPv4 addresses.
struct AddressTable: Sendable {
    private struct Key: Hashable, Sendable {
        var linkIndex: UInt32
        var address: IPv4Address
        var length: UInt8
    }

    private var keys: Set<Key> = []
    private var links: [IPv4Address: [UInt32]] = [:]
    private var sweep = Sweep<Key>()

    /// True while a dump of the addresses runs.
    var isDumping: Bool { sweep.isRunning }

    /// Each address once.
    var addresses: some Collection<IPv4Address> { links.keys }

    /// True for each address of each interface, the management interface's too.
    func isOwn(_ address: IPv4Address) -> Bool { links[address] != nil }

    /// The interfaces that have the address.
    func links(with address: IPv4Address) -> [UInt32] { links[address] ?? [] }

    /// The networks on an interface, in order.
    func networks(on linkIndex: UInt32) -> [IPPrefix] {
        keys.lazy.filter { $0.linkIndex == linkIndex }
            .compactMap { IPPrefix(.v4($0.address), length: Int($0.length)) }.sorted()
    }

    /// Returns the address if it is new.
    mutating func add(_ address: InterfaceAddress) -> IPv4Address? {
        guard let key = Self.key(address) else { return nil }
        sweep.named(key)
        guard keys.insert(key).inserted else { return nil }
        links[key.address, default: []].append(key.linkIndex)
        return key.address
    }

    /// Returns the address if it was known.
    mutating func remove(_ address: InterfaceAddress) -> IPv4Address? {
        guard let key = Self.key(address) else { return nil }
        sweep.named(key)
        return drop(key) ? key.address : nil
    }

    mutating func beginDump() { sweep.begin(keys) }

    mutating func abandonDump() { sweep.abandon() }

    /// Returns the addresses that are gone.
    mutating func endDump() -> [IPv4Address] {
        sweep.end().filter { drop($0) }.map(\.address).sorted()
    }

    private mutating func drop(_ key: Key) -> Bool {
        guard keys.remove(key) != nil, var holders = links[key.address] else { return false }
        if let place = holders.firstIndex(of: key.linkIndex) { holders.remove(at: place) }
        links[key.address] = holders.isEmpty ? nil : holders
        return true
    }

    private static func key(_ address: InterfaceAddress) -> Key? {
        address.address.v4.map {
            Key(linkIndex: address.linkIndex, address: $0, length: address.prefixLength)
        }
    }
}
