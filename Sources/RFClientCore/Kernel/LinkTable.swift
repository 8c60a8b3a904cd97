import NetTypes
import Netlink
import RFLib

/// The VM's interfaces, and which of them are data ports.
struct LinkTable: Sendable {
    private(set) var links: [UInt32: Link] = [:]
    /// The numbers of the data ports, by interface index.
    private(set) var ports: [UInt32: UInt8] = [:]
    /// The data ports as they are registered, in the order of their numbers.
    private(set) var registration: [VMRegisterRequest.Port] = []
    /// The names of interfaces whose number another interface has taken.
    private var shadowed: [String] = []

    private let management: String
    private var sweep = Sweep<UInt32>()

    /// - Parameter management: the name of the management interface, which is never a data port.
    init(management: String) {
        self.management = management
    }

    /// True for the interface that nothing is reported of.
    func isManagement(_ index: UInt32) -> Bool { links[index]?.name == management }

    /// True if packets can leave by the interface: it is switched on and has a carrier.
    func isLive(_ index: UInt32) -> Bool {
        guard let link = links[index] else { return false }
        return link.isUp && link.hasCarrier
    }

    /// What a change of the interfaces means to the rest.
    struct Change {
        /// Interfaces that are new, gone, switched on or off, with or without a carrier, or a port of another number now.
        var links: [UInt32] = []
        /// True if the kernel may have changed routes without a word: with an interface that goes down, or up.
        var mayHideRoutes = false
        /// True if what is said of the ports at the registration has changed.
        var isOfPorts = false
        /// The names of interfaces that are no data ports from now on, since another has their number.
        var shadowed: [String] = []
    }

    mutating func update(_ link: Link) -> Change {
        sweep.named(link.index)
        let old = links[link.index]
        guard old != link else { return Change() }
        return change([link.index]) { $0[link.index] = link }
    }

    mutating func remove(_ index: UInt32) -> Change {
        sweep.named(index)
        return links[index] == nil ? Change() : change([index]) { $0[index] = nil }
    }

    mutating func beginDump() { sweep.begin(links.keys) }

    mutating func abandonDump() { sweep.abandon() }

    mutating func endDump() -> Change {
        let gone = sweep.end().sorted()
        var change = gone.isEmpty ? Change() : change(gone) { links in gone.forEach { links[$0] = nil } }
        change.mayHideRoutes = false
        return change
    }

    private mutating func change(_ indexes: [UInt32], _ body: (inout [UInt32: Link]) -> Void) -> Change {
        let oldLinks = links
        let oldPorts = ports
        let oldShadowed = shadowed
        body(&links)
        (ports, shadowed) = Self.ports(of: links, except: management)

        var change = Change()
        for index in indexes {
            let old = oldLinks[index]
            let new = links[index]
            guard old?.isUp != new?.isUp || old?.hasCarrier != new?.hasCarrier else { continue }
            change.links.append(index)
            // An interface that is new has no routes yet, and after a dump of the links comes one of the routes anyway.
            if old != nil, !sweep.isRunning { change.mayHideRoutes = true }
        }
        let renumbered = Set(oldPorts.keys).union(ports.keys).filter { oldPorts[$0] != ports[$0] }
        change.links += renumbered.subtracting(change.links).sorted()
        change.shadowed = shadowed.filter { !oldShadowed.contains($0) }
        let oldRegistration = registration
        registration = ports.sorted { $0.value < $1.value }.compactMap { registered($0.key, $0.value) }
        change.isOfPorts = registration != oldRegistration
        return change
    }

    private func registered(_ index: UInt32, _ number: UInt8) -> VMRegisterRequest.Port? {
        guard let link = links[index], let address = link.address else { return nil }
        return VMRegisterRequest.Port(
            vmPort: number, name: link.name, hwAddress: address, isUp: link.isUp && link.hasCarrier)
    }

    private static func ports(
        of links: [UInt32: Link], except management: String
    ) -> (ports: [UInt32: UInt8], shadowed: [String]) {
        var taken: Set<UInt8> = []
        var ports: [UInt32: UInt8] = [:]
        var shadowed: [String] = []
        for link in links.values.sorted(by: { ($0.name, $0.index) < ($1.name, $1.index) })
        where link.name != management {
            guard let number = portNumber(of: link) else { continue }
            if taken.insert(number).inserted {
                ports[link.index] = number
            } else {
                shadowed.append(link.name)
            }
        }
        return (ports, shadowed)
    }

    /// The number of a data port: letters, then 1 to 255, and nothing else, on an interface with an Ethernet address.
    private static func portNumber(of link: Link) -> UInt8? {
        guard link.address != nil, !link.isLoopback else { return nil }
        let letters = link.name.prefix { $0.isASCII && $0.isLetter }
        let digits = link.name.dropFirst(letters.count)
        guard !letters.isEmpty, !digits.hasPrefix("0"), digits.allSatisfy({ $0.isASCII && $0.isNumber })
        else { return nil }
        return UInt8(digits)
    }
}
