import CMnl

/// Turns rtnetlink messages into events.
struct EventParser: Sendable {
    /// Messages of other families say nothing about these tables, and are passed over: an IPv6 address read as
    /// IPv4 would be another address altogether.
    var families: AddressFamilies = .ipv4
    /// Routes of other tables are passed over; nil for routes of all tables.
    var table: RouteTable? = .main

    /// The event of a message, or nil if it is none or is of no interest here.
    /// - Throws: `MalformedMessage` if it is not laid out as the kernel's headers say.
    func event(of message: WireMessage) throws(MalformedMessage) -> NetlinkEvent? {
        // Of the modifiers only those of NEW requests tell of a change; the same bits of other messages mean other things.
        let change = ChangeFlags(rawValue: message.flags & 0xF00)
        switch Int(message.type) {
        case RTM_NEWLINK:
            return try link(message).map { .link($0) }
        case RTM_DELLINK:
            return try link(message).map { .linkRemoved(index: $0.index) }
        case RTM_NEWADDR:
            return try address(message).map { .address($0) }
        case RTM_DELADDR:
            return try address(message).map { .addressRemoved($0) }
        case RTM_NEWROUTE:
            return try route(message).map { .route($0, change: change) }
        case RTM_DELROUTE:
            return try route(message).map { .routeRemoved($0) }
        case RTM_NEWNEXTHOP:
            return .nexthop(try nexthop(message), change: change)
        case RTM_DELNEXTHOP:
            return .nexthopRemoved(id: try nexthop(message).id)
        case RTM_NEWNEIGH:
            return try neighbour(message).map { .neighbour($0) }
        case RTM_DELNEIGH:
            return try neighbour(message).map { .neighbourRemoved($0) }
        default:
            return nil
        }
    }

    /// Appends the events of a datagram.
    /// - Returns: how many messages were malformed and were left out.
    func parse(_ datagram: UnsafeRawBufferPointer, into events: inout [NetlinkEvent]) -> Int {
        var malformed = 0
        var messages = WireMessages(datagram)
        while let message = messages.next() {
            do throws(MalformedMessage) {
                if let event = try event(of: message) { events.append(event) }
            } catch {
                malformed += 1
            }
        }
        return malformed + (messages.isMalformed ? 1 : 0)
    }
}
