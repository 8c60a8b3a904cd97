import CMnl
public import NetTypes
import Synchronization

/// Orders to the kernel. Each is carried out, or refused, when its function returns; none waits for a neighbour's answer.
///
/// It belongs to the network namespace of the thread that makes it.
public final class NetlinkCommands: Sendable {
    private struct Channel: ~Copyable {
        let socket: NetlinkSocket
        var sequence: UInt32 = 0
    }

    private let channel: Mutex<Channel>

    /// Opens a socket for orders.
    /// - Throws: `NetlinkError` with the code `setup`.
    public init() throws(NetlinkError) {
        let socket = try NetlinkSocket()
        // The kernel's own words for a refusal are a comfort, not a need: kernels before 4.12 have none.
        _ = try? socket.enable(option: NETLINK_EXT_ACK)
        _ = try? socket.enable(option: NETLINK_CAP_ACK)
        channel = Mutex(Channel(socket: socket))
    }

    /// Has the kernel resolve a neighbour and keep it fresh for good (`NTF_MANAGED`), and keeps the collector away
    /// from it (`NTF_EXT_LEARNED`). Kernels before 5.16 resolve it once only: their entry is not `isManaged`, and
    /// `probe` has to be called at an interval.
    ///
    /// A new entry is not announced before it is valid or has failed. The kernel accepts it on an interface that is
    /// down too, and forgets all entries of an interface that goes down or loses its carrier: ask again when it is back.
    /// - Throws: `NetlinkError` with the code `refused`: `ENODEV` without such an interface, `ENOBUFS` if the table is full.
    public func manageNeighbour(linkIndex: UInt32, address: IPAddress) throws(NetlinkError) {
        do throws(NetlinkError) {
            try order(
                .neighbour(linkIndex, address, flags: [.use, .managed, .externallyLearned], isNew: true))
        } catch  where [EINVAL, EOPNOTSUPP].contains(error.errno) {
            try probe(linkIndex: linkIndex, address: address)
        }
    }

    /// Has the kernel resolve a neighbour once, or confirm it if it is stale (`NTF_USE`).
    /// An entry that was managed, or made by a program, is an ordinary one from then on.
    /// - Throws: `NetlinkError` with the code `refused`.
    public func probe(linkIndex: UInt32, address: IPAddress) throws(NetlinkError) {
        try order(.neighbour(linkIndex, address, flags: .use, isNew: true))
    }

    /// Gives a neighbour back to the kernel's own care: known still, but collected when it is idle.
    /// Nothing happens if there is no such entry.
    /// - Throws: `NetlinkError` with the code `refused`.
    public func unmanageNeighbour(linkIndex: UInt32, address: IPAddress) throws(NetlinkError) {
        try order(.neighbour(linkIndex, address, flags: .use, isNew: false), passingOver: ENOENT)
    }

    /// Removes a neighbour's entry, managed or not. Nothing happens if there is none.
    /// - Throws: `NetlinkError` with the code `refused`.
    public func deleteNeighbour(linkIndex: UInt32, address: IPAddress) throws(NetlinkError) {
        try order(.removal(linkIndex, address), passingOver: ENOENT)
    }

    /// Gives an interface a hardware address. Even if it has that address already, the kernel forgets the
    /// interface's neighbours: ask only where it differs.
    /// - Throws: `NetlinkError` with the code `refused`.
    public func setLinkAddress(index: UInt32, _ address: MACAddress) throws(NetlinkError) {
        try order(.linkAddress(index, address))
    }

    /// Switches an interface on or off.
    /// - Throws: `NetlinkError` with the code `refused`.
    public func setLinkUp(index: UInt32, _ isUp: Bool) throws(NetlinkError) {
        try order(.linkUp(index, isUp))
    }

    private func order(_ order: Order, passingOver passedOver: Int32? = nil) throws(NetlinkError) {
        let answer = try channel.withLock { channel throws(NetlinkError) in
            channel.sequence &+= 1
            try channel.socket.send(order.request(sequence: channel.sequence))
            return try Self.answer(to: channel.sequence, on: channel.socket)
        }
        guard answer.isSuccess || answer.number == passedOver.map({ -$0 }) else {
            throw answer.explained(order.description)
        }
    }

    /// The kernel's answer: it is there already, since the kernel works while the request is being sent.
    private static func answer(
        to sequence: UInt32, on socket: borrowing NetlinkSocket
    ) throws(NetlinkError) -> KernelAnswer {
        var buffer = [UInt8](repeating: 0, count: 8 << 10)
        while true {
            let reception = buffer.withUnsafeMutableBytes { socket.receive(into: $0) }
            switch reception {
            case .datagram(let count):
                let answer = buffer.withUnsafeBytes { bytes in
                    find(sequence, in: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
                if let answer { return answer }
            case .nothing:
                waitUntilReadable(socket.descriptor)
            case .overrun:
                throw NetlinkError(.receive, errno: ENOBUFS, "the kernel's answer to an order was lost")
            case .failed(let error):
                throw error
            }
        }
    }

    private static func find(_ sequence: UInt32, in datagram: UnsafeRawBufferPointer) -> KernelAnswer? {
        var messages = WireMessages(datagram)
        while let message = messages.next() {
            if message.sequence == sequence, Int32(message.type) == NLMSG_ERROR {
                return try? KernelAnswer(message)
            }
        }
        return nil
    }
}
