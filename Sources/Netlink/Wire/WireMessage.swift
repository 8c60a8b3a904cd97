import CMnl

/// A netlink message in a buffer (netlink(7)). It is valid only as long as the buffer that it was found in.
struct WireMessage {
    let type: UInt16
    let flags: UInt16
    let sequence: UInt32
    /// What follows the header, cut to the length that the header says.
    let payload: UnsafeRawBufferPointer
}

/// A message or an attribute is shorter or longer than it says, or has a value that it cannot have.
struct MalformedMessage: Error {}

/// Walks over the messages of a datagram. The lengths in it are believed only as far as the buffer goes:
/// the walk ends with `isMalformed` set where a header does not fit.
struct WireMessages: Sequence, IteratorProtocol {
    private var rest: UnsafeRawBufferPointer
    /// True if the buffer ended in the middle of a message.
    private(set) var isMalformed = false

    init(_ buffer: UnsafeRawBufferPointer) {
        self.rest = buffer
    }

    mutating func next() -> WireMessage? {
        guard !rest.isEmpty, !isMalformed else { return nil }
        let headerSize = MemoryLayout<nlmsghdr>.size
        guard rest.count >= headerSize else { return end() }
        let header = rest.loadUnaligned(as: nlmsghdr.self)
        let length = Int(header.nlmsg_len)
        guard length >= headerSize, length <= rest.count else { return end() }
        let payload = UnsafeRawBufferPointer(rebasing: rest[headerSize..<length])
        rest = rest.skipping(length.alignedToFour)
        return WireMessage(
            type: header.nlmsg_type, flags: header.nlmsg_flags, sequence: header.nlmsg_seq, payload: payload)
    }

    private mutating func end() -> WireMessage? {
        isMalformed = true
        return nil
    }
}

extension WireMessage {
    /// The fixed structure that the payload begins with.
    func header<Header: BitwiseCopyable>(_ type: Header.Type) throws(MalformedMessage) -> Header {
        try payload.value(as: type)
    }

    /// The attributes behind that fixed structure.
    func attributes<Header>(after type: Header.Type) -> WireAttributes {
        WireAttributes(payload.skipping(MemoryLayout<Header>.size.alignedToFour))
    }
}

extension UnsafeRawBufferPointer {
    /// The value at the beginning, in the byte order of the host.
    func value<Value: BitwiseCopyable>(as type: Value.Type) throws(MalformedMessage) -> Value {
        guard count >= MemoryLayout<Value>.size else { throw MalformedMessage() }
        return loadUnaligned(as: type)
    }

    /// What is left behind the first `length` bytes: nothing, if there are fewer.
    func skipping(_ length: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[Swift.min(length, count)...])
    }
}

extension Int {
    /// Rounded up to a multiple of four, as netlink lays out messages and attributes (`NLMSG_ALIGN`, `NLA_ALIGN`).
    var alignedToFour: Int { (self + 3) & ~3 }
}
