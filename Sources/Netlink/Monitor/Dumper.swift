import CMnl
import Synchronization

/// Carries out dumps, one at a time, on a socket and a thread of its own.
final class Dumper: Sendable {
    private struct Requests {
        var kinds: Set<DumpKind> = []
        var isStopping = false
    }

    private enum Outcome {
        case complete
        case interrupted
        case failed(NetlinkError)
        case stopped
    }

    private let socket: NetlinkSocket
    private let requestSignal: Wakeup
    private let requests = Mutex(Requests())
    private let sequence = Atomic<UInt32>(0)
    private let parser: EventParser
    private let delivery: Delivery

    /// A dump that is interrupted this often in a row is given up. Each try takes milliseconds.
    private static let tries = 16
    /// The kernel fills up to 32 KiB at a time if it is offered as much (net/netlink/af_netlink.c).
    private static let bufferSize = 64 << 10

    init(parser: EventParser, delivery: Delivery) throws(NetlinkError) {
        socket = try NetlinkSocket()
        requestSignal = try Wakeup()
        self.parser = parser
        self.delivery = delivery
        // With it the kernel looks at the table in a request. Before Linux 4.20 it sends all, and the parser chooses.
        _ = try? socket.enable(option: NETLINK_GET_STRICT_CHK)
    }

    func request(_ kinds: Set<DumpKind>) {
        requests.withLock { $0.kinds.formUnion(kinds) }
        requestSignal.signal()
    }

    /// Makes `run` return.
    func stop() {
        requests.withLock { $0.isStopping = true }
        requestSignal.signal()
    }

    /// Carries out what is asked for, until stopped.
    func run() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 16)
        defer { buffer.deallocate() }
        while !requests.withLock({ $0.isStopping }) {
            if let kind = nextKind() {
                dump(kind, buffer)
            } else {
                waitUntilReadable(requestSignal.descriptor)
                requestSignal.clear()
            }
        }
    }

    private func nextKind() -> DumpKind? {
        requests.withLock { requests in
            let next = DumpKind.allCases.first { requests.kinds.contains($0) }
            return next.flatMap { requests.kinds.remove($0) }
        }
    }

    private func dump(_ kind: DumpKind, _ buffer: UnsafeMutableRawBufferPointer) {
        delivery.dumpBegins(kind)
        for attempt in 1... {
            switch pass(kind, buffer) {
            case .complete:
                return delivery.dumpEnds(with: .dumpEnded(kind))
            case .interrupted where attempt < Self.tries:
                delivery.dumpBeginsAnew(kind)
            case .interrupted:
                let error = NetlinkError(.interrupted, "the dump of \(kind) was interrupted \(attempt) times")
                return delivery.dumpEnds(with: .dumpFailed(kind, error))
            case .failed(let error):
                return delivery.dumpEnds(with: .dumpFailed(kind, error))
            case .stopped:
                return
            }
        }
    }

    /// One attempt: a request for each family, since one for both would bring those of bridges and others too.
    private func pass(_ kind: DumpKind, _ buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        for family in kind.hasFamilies ? parser.families.numbers : [UInt8(AF_UNSPEC)] {
            let sequence = sequence.add(1, ordering: .relaxed).newValue
            let request = Request.dump(kind, family: family, table: parser.table, sequence: sequence)
            do throws(NetlinkError) {
                try socket.send(request)
            } catch {
                return .failed(error)
            }
            let outcome = receive(sequence, kind, buffer)
            guard case .complete = outcome else { return outcome }
        }
        return .complete
    }

    /// Takes the answers to one request. It reads to the end even if the dump is interrupted: the next request on
    /// the socket is refused before that.
    private func receive(_ sequence: UInt32, _ kind: DumpKind, _ buffer: UnsafeMutableRawBufferPointer)
        -> Outcome
    {
        var isInterrupted = false
        while true {
            switch socket.receive(into: buffer) {
            case .datagram(let count):
                let part = DumpPart(
                    UnsafeRawBufferPointer(rebasing: buffer[..<count]), sequence: sequence, parser: parser)
                isInterrupted = isInterrupted || part.isInterrupted
                delivery.dumped(part.entries, malformed: part.malformed)
                switch part.end {
                case nil: break
                case .done: return isInterrupted ? .interrupted : .complete
                case .error(let error): return .failed(error.explained("the dump of \(kind)"))
                }
            case .nothing:
                let ready = waitUntilReadable(socket.descriptor, requestSignal.descriptor)
                if ready.second {
                    requestSignal.clear()
                    if requests.withLock({ $0.isStopping }) { return .stopped }
                }
            case .overrun:
                isInterrupted = true
            case .failed(let error):
                return .failed(error)
            }
        }
    }
}
