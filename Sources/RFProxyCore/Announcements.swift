import NetTypes
import RFLib

/// What rfserver is to know: connected datapaths, claims of VM ports, refused flows.
struct Announcements: WantedState {
    private var messages: [RFKey: RFMessage] = [:]

    /// The last word on a key is now this. Returns the key if that is news.
    mutating func say(_ message: RFMessage) -> RFKey? {
        guard let key = message.key, messages.updateValue(message, forKey: key) != message else { return nil }
        return key
    }

    /// There is nothing to say on a key any more. Returns the key if that is news.
    mutating func withdraw(_ key: RFKey) -> RFKey? {
        messages.removeValue(forKey: key) == nil ? nil : key
    }

    /// Withdraws what matches. Returns the keys.
    mutating func withdrawAll(where isMatch: (RFKey) -> Bool) -> [RFKey] {
        let keys = messages.keys.filter(isMatch)
        for key in keys { messages[key] = nil }
        return keys
    }

    /// Datapaths first: what is said of a port means little before its switch is known. They come in the order of their
    /// ids, since rfserver pairs those that no mapping file names in the order in which it hears of them.
    func keys(for peer: PeerName) -> [RFKey] {
        var (datapaths, others) = ([DatapathID](), [RFKey]())
        for key in messages.keys {
            if case .datapath(let datapath) = key { datapaths.append(datapath) } else { others.append(key) }
        }
        return datapaths.sorted { $0.rawValue < $1.rawValue }.map(RFKey.datapath) + others
    }

    func message(for key: RFKey) -> RFMessage? { messages[key] }
}
