import CMnl

/// A netlink socket of the routing family, closed when its owner goes.
///
/// It belongs to the network namespace of the thread that makes it.
///
/// `@unchecked Sendable`: libmnl's structure is written by `mnl_socket_open2` and `mnl_socket_bind` only, both in
/// `init`; all that happens later reads the descriptor from it and makes one system call, which the kernel serialises.
struct NetlinkSocket: ~Copyable, @unchecked Sendable {
    private let handle: OpaquePointer

    /// Opens and binds a socket that never blocks.
    /// - Parameters:
    ///   - groups: The multicast groups to join (`RTNLGRP_*`).
    ///   - receiveBuffer: The size in octets wanted for the receive buffer, or nil for the system's default. The
    ///     limit `net.core.rmem_max` is passed over where the process may (`CAP_NET_ADMIN`).
    /// - Throws: `NetlinkError` with the code `setup`.
    init(groups: [UInt32] = [], receiveBuffer: Int? = nil) throws(NetlinkError) {
        guard
            let handle = mnl_socket_open2(
                NETLINK_ROUTE, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
        else {
            throw .system(.setup, "cannot open a netlink socket")
        }
        do throws(NetlinkError) {
            try setUp(handle, groups: groups, receiveBuffer: receiveBuffer)
        } catch {
            mnl_socket_close(handle)
            throw error
        }
        self.handle = handle
    }

    deinit {
        mnl_socket_close(handle)
    }

    /// The descriptor, to wait on.
    var descriptor: Int32 { mnl_socket_get_fd(handle) }

    /// The size in octets that the kernel gave to the receive buffer, its own bookkeeping included (socket(7)).
    var receiveBufferSize: Int {
        var size: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        // Cannot fail: the descriptor is a socket and the option exists on all of them.
        _ = getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, &length)
        return Int(size)
    }

    /// Switches a netlink option on.
    /// - Throws: `NetlinkError` with the code `setup` if the kernel does not know it.
    func enable(option: Int32) throws(NetlinkError) {
        try set(handle, option, 1, "cannot set the netlink option \(option)")
    }

    /// What came of an attempt to receive.
    enum Reception {
        /// A datagram of this many octets is in the buffer.
        case datagram(Int)
        /// Nothing is waiting.
        case nothing
        /// The kernel had no room for something (`ENOBUFS`), or it did not fit into the buffer: it is lost.
        case overrun
        /// The socket does not work.
        case failed(NetlinkError)
    }

    /// Takes the next datagram, if there is one.
    ///
    /// Only the kernel, and processes that may administer the network, can send to the socket (netlink(7)).
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Reception {
        while true {
            let count = mnl_socket_recvfrom(handle, buffer.baseAddress, buffer.count)
            if count >= 0 { return .datagram(count) }
            switch currentErrno {
            case EINTR: continue
            case EAGAIN: return .nothing
            case ENOBUFS, ENOSPC: return .overrun
            case let number:
                return .failed(NetlinkError(.receive, errno: number, "cannot receive from netlink"))
            }
        }
    }

    /// Sends a request to the kernel, which has carried it out (or, for a dump, begun it) when this returns.
    /// - Throws: `NetlinkError` with the code `send`.
    func send(_ request: borrowing Request) throws(NetlinkError) {
        let failure = request.withBytes { bytes -> NetlinkError? in
            while mnl_socket_sendto(handle, bytes.baseAddress, bytes.count) < 0 {
                let number = currentErrno
                if number != EINTR { return NetlinkError(.send, errno: number, "cannot send to netlink") }
            }
            return nil
        }
        if let failure { throw failure }
    }
}

/// libmnl's `MNL_SOCKET_AUTOPID` is a macro: the kernel chooses the port id.
private let MNL_SOCKET_AUTOPID: pid_t = 0

private func setUp(
    _ handle: OpaquePointer, groups: [UInt32], receiveBuffer: Int?
) throws(NetlinkError) {
    guard mnl_socket_bind(handle, 0, MNL_SOCKET_AUTOPID) == 0 else {
        throw .system(.setup, "cannot bind a netlink socket")
    }
    if let receiveBuffer {
        setReceiveBuffer(handle, UInt32(clamping: receiveBuffer))
    }
    // Last, so that the first event finds the buffer as large as it will be.
    for group in groups {
        try set(handle, NETLINK_ADD_MEMBERSHIP, group, "cannot join the netlink group \(group)")
    }
}

private func set(
    _ handle: OpaquePointer, _ option: Int32, _ value: UInt32, _ failure: @autoclosure () -> String
) throws(NetlinkError) {
    var value = value
    guard mnl_socket_setsockopt(handle, option, &value, socklen_t(MemoryLayout<UInt32>.size)) == 0 else {
        throw .system(.setup, failure())
    }
}

/// Sets the receive buffer as near to the wanted size as the process may. That a smaller one was given shows in its size.
private func setReceiveBuffer(_ handle: OpaquePointer, _ size: UInt32) {
    let descriptor = mnl_socket_get_fd(handle)
    var size = size
    let length = socklen_t(MemoryLayout<UInt32>.size)
    if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, length) != 0 {
        _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, length)
    }
}
