import CMnl
import NetTypes

/// A request to the kernel, built with libmnl. All requests of this module fit into its buffer by far.
struct Request: ~Copyable {
    private let buffer: UnsafeMutableRawPointer
    private let message: UnsafeMutablePointer<nlmsghdr>
    private static let capacity = 512

    /// Begins a request; the kernel's answers will carry the sequence number.
    init(type: Int, flags: Int32, sequence: UInt32) {
        buffer = .allocate(byteCount: Self.capacity, alignment: 16)
        message = mnl_nlmsg_put_header(buffer)
        message.pointee.nlmsg_type = UInt16(truncatingIfNeeded: type)
        message.pointee.nlmsg_flags = UInt16(truncatingIfNeeded: flags | NLM_F_REQUEST)
        message.pointee.nlmsg_seq = sequence
    }

    deinit {
        buffer.deallocate()
    }

    /// Adds the fixed structure; it comes before all attributes.
    mutating func put<Header: BitwiseCopyable>(header: Header) {
        let size = MemoryLayout<Header>.size
        mnl_nlmsg_put_extra_header(message, size)?.storeBytes(of: header, as: Header.self)
    }

    /// Adds an attribute with a number.
    mutating func put(_ attribute: Int, _ value: UInt32) {
        put(attribute, withUnsafeBytes(of: value) { Array($0) })
    }

    /// Adds an attribute with octets.
    mutating func put(_ attribute: Int, _ value: [UInt8]) {
        let fits = mnl_attr_put_check(
            message, Self.capacity, UInt16(truncatingIfNeeded: attribute), value.count, value)
        precondition(fits, "a netlink request is larger than its buffer")
    }

    /// Lends the request's octets.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: buffer, count: Int(message.pointee.nlmsg_len)))
    }
}
