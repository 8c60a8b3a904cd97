import CMnl

/// Drains the event socket, and does nothing else.
final class EventPump: Sendable {
    private let socket: NetlinkSocket
    private let stopSignal: Wakeup
    private let parser: EventParser
    private let delivery: Delivery

    let receiveBufferSize: Int

    /// Events handed on at once, at most: a flood must not grow a batch without end.
    private static let batchLimit = 1000
    /// The kernel's event messages are far smaller; a larger one is reported as an overrun.
    private static let bufferSize = 64 << 10

    init(parser: EventParser, receiveBuffer: Int, delivery: Delivery) throws(NetlinkError) {
        socket = try NetlinkSocket(groups: Self.groups(parser.families), receiveBuffer: receiveBuffer)
        stopSignal = try Wakeup()
        receiveBufferSize = socket.receiveBufferSize
        self.parser = parser
        self.delivery = delivery
    }

    private static func groups(_ families: AddressFamilies) -> [UInt32] {
        var groups = [RTNLGRP_LINK, RTNLGRP_NEXTHOP, RTNLGRP_NEIGH]
        if families.contains(.ipv4) { groups += [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE] }
        if families.contains(.ipv6) { groups += [RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE] }
        return groups.map(\.rawValue)
    }

    /// Makes `run` return.
    func stop() {
        stopSignal.signal()
    }

    /// Drains until stopped.
    func run() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 16)
        defer { buffer.deallocate() }
        let started = ContinuousClock.now
        var pace = ReadingPace()
        while true {
            let ready = waitUntilReadable(socket.descriptor, stopSignal.descriptor)
            if ready.second { return }
            let count = drain(into: buffer)
            guard count < Self.batchLimit else { continue }
            let pause = pace.pause(after: count, at: ContinuousClock.now - started)
            if waitUntilReadable(stopSignal.descriptor, atMost: pause) { return }
        }
    }

    /// Takes what waits, up to a batch, and hands it on. Returns how many events that were.
    private func drain(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var events: [NetlinkEvent] = []
        var malformed = 0
        var overruns = 0
        drain: while events.count < Self.batchLimit {
            switch socket.receive(into: buffer) {
            case .datagram(let count):
                malformed += parser.parse(UnsafeRawBufferPointer(rebasing: buffer[..<count]), into: &events)
            case .nothing:
                break drain
            case .overrun, .failed:
                // Whatever the reason, something may be lost, and a dump finds it.
                overruns += 1
                events.append(.overrun)
            }
        }
        delivery.live(events, malformed: malformed, overruns: overruns)
        return events.count
    }
}
