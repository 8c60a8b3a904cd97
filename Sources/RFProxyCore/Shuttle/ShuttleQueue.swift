import NIOCore

/// Packets that wait for one switch to take data again.
///
/// A queue for each class, in it one for each port that the packets came in by: a port gets no more than its turn, a
/// class no more than its share, so that a flood of one kind or from one port delays nobody else.
struct ShuttleQueue<Packet> {
    /// The most that waits.
    struct Limits: Hashable, Sendable {
        /// Packets of a class.
        var ofClass = 512
        /// Packets of a class from one port.
        var ofPort = 128
    }

    /// The order in which the classes are served, again and again; one of which nothing waits passes its turn on.
    private static var round: [PacketClass] { [.routing, .arp, .routing, .own, .routing, .arp, .own, .miss] }

    private let limits: Limits
    private var lanes = [ShuttleLane<Packet>](
        repeating: ShuttleLane(), count: PacketClass.allCases.count)
    private var step = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var isEmpty: Bool { lanes.allSatisfy { $0.count == 0 } }

    /// Adds a packet. Returns false if one had to go for it: this one, or the last of the port that has most waiting.
    mutating func append(_ packet: Packet, _ packetClass: PacketClass, from port: PortID) -> Bool {
        let lane = packetClass.rawValue
        guard lanes[lane].ports[port]?.count ?? 0 < limits.ofPort else { return false }
        var isRoom = true
        if lanes[lane].count >= limits.ofClass {
            isRoom = false
            guard lanes[lane].makeRoom(for: port) else { return false }
        }
        lanes[lane].append(packet, from: port)
        return isRoom
    }

    /// Takes the packet whose turn it is.
    mutating func popFirst() -> Packet? {
        for _ in Self.round.indices {
            let packetClass = Self.round[step]
            step = (step + 1) % Self.round.count
            if let packet = lanes[packetClass.rawValue].popFirst() { return packet }
        }
        return nil
    }
}

/// The packets of one class, in a queue for each port that they came in by.
private struct ShuttleLane<Packet> {
    private(set) var ports: [PortID: CircularBuffer<Packet>] = [:]
    /// The ports of which something waits, in the order of their turns.
    private var turns = CircularBuffer<PortID>()
    private(set) var count = 0

    mutating func append(_ packet: Packet, from port: PortID) {
        if ports[port] == nil { turns.append(port) }
        ports[port, default: CircularBuffer()].append(packet)
        count += 1
    }

    mutating func popFirst() -> Packet? {
        guard let port = turns.popFirst(), let packet = ports[port]?.popFirst() else { return nil }
        count -= 1
        if ports[port]?.isEmpty ?? true { ports[port] = nil } else { turns.append(port) }
        return packet
    }

    /// Drops the last packet of the port that has most waiting; false if that is this port itself.
    mutating func makeRoom(for port: PortID) -> Bool {
        guard let greediest = ports.max(by: { $0.value.count < $1.value.count })?.key, greediest != port
        else { return false }
        _ = ports[greediest]?.popLast()
        count -= 1
        if ports[greediest]?.isEmpty ?? true {
            ports[greediest] = nil
            turns.removeAll { $0 == greediest }
        }
        return true
    }
}
