import CMnl

/// What one datagram of a dump says.
struct DumpPart {
    /// How a dump ends.
    enum End {
        case done
        case error(KernelAnswer)
    }

    private(set) var entries: [NetlinkEvent] = []
    private(set) var malformed = 0
    /// The kernel's tables changed between this part and the one before (`NLM_F_DUMP_INTR`): entries may be missing.
    private(set) var isInterrupted = false
    private(set) var end: End?

    init(_ datagram: UnsafeRawBufferPointer, sequence: UInt32, parser: EventParser) {
        var messages = WireMessages(datagram)
        while let message = messages.next(), end == nil {
            // What an earlier dump left behind.
            guard message.sequence == sequence else { continue }
            isInterrupted = isInterrupted || message.flags & UInt16(NLM_F_DUMP_INTR) != 0
            do throws(MalformedMessage) {
                try take(message, parser)
            } catch {
                malformed += 1
            }
        }
        malformed += messages.isMalformed ? 1 : 0
    }

    private mutating func take(_ message: WireMessage, _ parser: EventParser) throws(MalformedMessage) {
        switch Int32(message.type) {
        case NLMSG_DONE:
            // A kernel that fails in the middle says so in the number of the last message.
            let answer = KernelAnswer(number: (try? message.payload.value(as: Int32.self)) ?? 0)
            end = answer.isSuccess ? .done : .error(answer)
        case NLMSG_ERROR:
            let answer = try KernelAnswer(message)
            // A routing table that nobody has used yet does not exist: it is empty.
            end = answer.isSuccess || answer.number == -ENOENT ? .done : .error(answer)
        default:
            guard var event = try parser.event(of: message) else { return }
            if case .route(let route, _) = event { event = .route(route, change: []) }
            if case .nexthop(let nexthop, _) = event { event = .nexthop(nexthop, change: []) }
            entries.append(event)
        }
    }
}
