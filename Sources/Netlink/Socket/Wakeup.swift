import CMnl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A descriptor that becomes readable when another thread says so (eventfd(2)), closed when its owner goes.
struct Wakeup: ~Copyable, Sendable {
    /// The descriptor, to wait on.
    let descriptor: Int32

    /// - Throws: `NetlinkError` with the code `setup`.
    init() throws(NetlinkError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .system(.setup, "cannot make an eventfd") }
    }

    deinit {
        close(descriptor)
    }

    /// Makes the descriptor readable. Several calls before `clear` count as one.
    func signal() {
        // Fails only where the counter is at its limit, and then the descriptor is readable anyway.
        _ = eventfd_write(descriptor, 1)
    }

    /// Makes it unreadable again.
    func clear() {
        var count: eventfd_t = 0
        _ = eventfd_read(descriptor, &count)
    }
}

/// Waits, for ever, until at least one of the descriptors can be read, and tells which can.
func waitUntilReadable(_ first: Int32, _ second: Int32) -> (first: Bool, second: Bool) {
    var descriptors = [
        pollfd(fd: first, events: Int16(POLLIN), revents: 0),
        pollfd(fd: second, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&descriptors, nfds_t(descriptors.count), -1) < 0 && currentErrno == EINTR {}
    // POLLERR and the like count too: the read that follows tells what is wrong.
    return (descriptors[0].revents != 0, descriptors[1].revents != 0)
}

/// Waits until the descriptor can be read, but no longer than so much time, less than a second. Returns false if it cannot.
func waitUntilReadable(_ descriptor: Int32, atMost time: Duration) -> Bool {
    // An interrupted wait is a short one.
    rf_wait_readable(descriptor, Int(time.components.attoseconds / 1_000_000_000)) == 1
}

/// Waits, for ever, until the descriptor can be read.
func waitUntilReadable(_ descriptor: Int32) {
    // poll(2) passes over negative descriptors.
    _ = waitUntilReadable(descriptor, -1)
}
