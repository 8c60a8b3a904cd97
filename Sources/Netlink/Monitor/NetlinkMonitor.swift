import CMnl
import Synchronization

/// Follows the kernel's interfaces, addresses, routes, nexthop objects and neighbours.
///
///     kernel ──multicast──▶ EventPump (a thread that only drains) ──┐
///                                                                  ├──▶ Delivery ──▶ callback, one batch at a time
///     kernel ◀──dump──────▶ Dumper    (a thread, its own socket) ───┘
///
/// It belongs to the network namespace of the thread that makes it.
public final class NetlinkMonitor: Sendable {
    /// What is followed, and how much is held.
    public struct Configuration: Sendable {
        /// The versions of IP whose addresses, routes and neighbours are followed. Links and nexthop objects always are.
        public var families: AddressFamilies
        /// The routing table that is followed; nil for all.
        public var table: RouteTable?
        /// The size in octets wanted for the socket's receive buffer. A route takes 832 of them.
        public var receiveBuffer: Int
        /// How many live events are held back while a dump of their kind runs; beyond it they are dropped,
        /// and an overrun is reported behind the dump.
        public var heldEvents: Int

        /// Creates a configuration: IPv4 and the main table unless told otherwise.
        public init(
            families: AddressFamilies = .ipv4, table: RouteTable? = .main, receiveBuffer: Int = 64 << 20,
            heldEvents: Int = 1 << 18
        ) {
            self.families = families
            self.table = table
            self.receiveBuffer = receiveBuffer
            self.heldEvents = heldEvents
        }
    }

    /// The size in octets that the kernel gave to the receive buffer; below the wanted one the process may lack
    /// `CAP_NET_ADMIN` in the first user namespace. The kernel counts it double (socket(7)).
    public let receiveBufferSize: Int

    private let pump: EventPump
    private let dumper: Dumper
    private let delivery: Delivery
    private let threads: Mutex<Threads?>

    private struct Threads: ~Copyable {
        let pump: WorkerThread
        let dumper: WorkerThread

        consuming func join() {
            pump.join()
            dumper.join()
        }
    }

    /// Subscribes, and starts to deliver events. Nothing is dumped until `dump` is called.
    /// - Parameters:
    ///   - configuration: What is followed.
    ///   - deliver: Takes each batch. It is called by one thread at a time, and must return quickly: while it runs,
    ///     the kernel's messages wait. It may call `dump`, but not `stop`.
    /// - Throws: `NetlinkError` with the code `setup`.
    public init(
        configuration: Configuration = Configuration(), deliver: @escaping @Sendable ([NetlinkEvent]) -> Void
    ) throws(NetlinkError) {
        let parser = EventParser(families: configuration.families, table: configuration.table)
        let delivery = Delivery(heldLimit: configuration.heldEvents, deliver: deliver)
        let pump = try EventPump(
            parser: parser, receiveBuffer: configuration.receiveBuffer, delivery: delivery)
        let dumper = try Dumper(parser: parser, delivery: delivery)
        let pumpThread = try WorkerThread(named: "netlink-events") { pump.run() }
        let dumperThread: WorkerThread
        do throws(NetlinkError) {
            dumperThread = try WorkerThread(named: "netlink-dumps") { dumper.run() }
        } catch {
            pump.stop()
            pumpThread.join()
            throw error
        }
        self.receiveBufferSize = pump.receiveBufferSize
        self.pump = pump
        self.dumper = dumper
        self.delivery = delivery
        self.threads = Mutex(Threads(pump: pumpThread, dumper: dumperThread))
    }

    deinit {
        stop()
    }

    /// Asks for dumps, one after the other in the order of `DumpKind.allCases`. Returns at once. A kind that is being
    /// dumped is dumped once more; a kind that waits already is dumped once.
    public func dump(_ kinds: Set<DumpKind> = Set(DumpKind.allCases)) {
        dumper.request(kinds)
    }

    /// Ends the delivery; when this returns, the callback runs no more. Must not be called by the callback.
    public func stop() {
        guard let threads = threads.withLock({ $0.take() }) else { return }
        pump.stop()
        dumper.stop()
        threads.join()
    }

    /// What was counted since the start.
    public var counters: Counters { delivery.counters }

    /// What a monitor counts.
    public struct Counters: Hashable, Sendable {
        /// Events delivered, those of dumps included.
        public var events = 0
        /// Messages that were not laid out as the kernel's headers say, and were passed over.
        public var malformed = 0
        /// Times that the kernel had no room for an event.
        public var overruns = 0
        /// Dumps that began anew because the kernel's tables changed under them.
        public var dumpsInterrupted = 0
        /// Live events dropped because too many were held during a dump.
        public var heldEventsDropped = 0
    }
}
