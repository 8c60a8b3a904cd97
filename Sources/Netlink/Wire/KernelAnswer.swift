import CMnl

/// What the kernel answers to a request (netlink(7), `NLMSG_ERROR`).
struct KernelAnswer {
    /// Zero, or an error number below zero.
    let number: Int32
    /// The kernel's own words, where it has some (`NLMSGERR_ATTR_MSG`).
    let text: String?

    var isSuccess: Bool { number == 0 }

    init(number: Int32, text: String? = nil) {
        self.number = number
        self.text = text
    }

    /// Reads an `NLMSG_ERROR`. The kernel's words are found only on sockets with `NETLINK_CAP_ACK`, where the
    /// request is not sent back in between.
    init(_ message: WireMessage) throws(MalformedMessage) {
        number = try message.header(nlmsgerr.self).error
        var text: String?
        if message.flags & UInt16(NLM_F_ACK_TLVS) != 0, message.flags & UInt16(NLM_F_CAPPED) != 0 {
            var attributes = message.attributes(after: nlmsgerr.self)
            while let attribute = try attributes.next() {
                if Int(attribute.type) == Int(NLMSGERR_ATTR_MSG.rawValue) { text = attribute.text() }
            }
        }
        self.text = text
    }

    /// The answer as an error of what was asked for.
    func explained(_ request: String) -> NetlinkError {
        // Any 32 bits may stand there, also those that have no opposite.
        NetlinkError(
            .refused, errno: 0 &- number, "the kernel refused \(request)" + (text.map { " (\($0))" } ?? ""))
    }
}
