import RFLib

/// The two capped collections of a channel: one holds what rfserver reads, one what everybody else reads.
///
/// An insert wakes every reader of its collection, whomever it is for. In one collection, each word of a VM would wake all others.
struct ChannelRings: Sendable {
    let toServer: Ring
    let fromServer: Ring

    /// - Parameter size: of each collection, in bytes.
    init(_ channel: ChannelName, size: Int64) {
        let others =
            switch channel {
            case .clients: "rfclient"
            case .proxies: "rfproxy"
            }
        toServer = Ring(name: "\(others)->rfserver", size: size)
        fromServer = Ring(name: "rfserver->\(others)", size: size)
    }

    /// What a daemon reads.
    func inbox(of reader: PeerName) -> Ring {
        reader == .rfserver ? toServer : fromServer
    }

    /// Where envelopes belong, in their order: what is for all, in both.
    func sort(_ envelopes: [Envelope]) -> [(ring: Ring, envelopes: [Envelope])] {
        [
            (toServer, envelopes.filter { $0.to == .rfserver || $0.to == .all }),
            (fromServer, envelopes.filter { $0.to != .rfserver }),
        ]
    }
}
