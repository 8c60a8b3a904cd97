import NetTypes
import RFCtlCore
import RFLib

/// Asks the daemons through the database.
struct Asker {
    private let inbox = Inbox()
    private let me = PeerName.rfctl(.random(in: .min ... .max))
    private let patience: Duration
    private let channels: [ChannelName: any IPCChannel]

    init(ipc: any IPCService, patience: Duration) {
        self.patience = patience
        let (me, inbox) = (me, inbox)
        let open = { (name: ChannelName) in
            ipc.open(name, as: me) { event in Task { await inbox.take(event) } }
        }
        channels = [.clients: open(.clients), .proxies: open(.proxies)]
    }

    /// Asks everybody what there is; the VMs also about packets to an address, if there is one. rfserver knows whom to ask.
    /// - Throws: `AskError` if the database does not answer.
    func survey(_ destination: IPv4Address? = nil) async throws -> Answers {
        var answers = Answers()
        answers.server = await ask(.rfserver, on: .proxies)
        if answers.server == nil, let trouble = await inbox.trouble {
            throw AskError.database(reason: trouble)
        }
        let vms = answers.vms
        let reports: [ClientReport] = await gather(vms.map { .rfclient($0) }, on: .clients, nil, destination)
        for report in reports { answers.clients[report.vmID] = report }
        let proxies: [ProxyReport] = await gather(
            (answers.server?.knownProxies ?? [0]).map { .rfproxy($0) }, on: .proxies, nil, nil)
        for report in proxies { answers.proxies[report.ctID] = report }
        return answers
    }

    /// Adds what rfserver and the rfproxies know of packets to an address by way of one VM.
    func explain(_ destination: IPv4Address, by vmID: VMID, _ answers: Answers) async -> Explanation {
        var answers = answers
        answers.server = await ask(.rfserver, on: .proxies, vmID, destination)
        let proxies: [ProxyReport] = await gather(
            answers.proxies.keys.map { .rfproxy($0) }, on: .proxies, vmID, destination)
        for report in proxies { answers.proxies[report.ctID] = report }
        return Explanation(of: vmID, in: answers)
    }

    private func gather<Body: Decodable & Sendable>(
        _ peers: [PeerName], on channel: ChannelName, _ vmID: VMID?, _ destination: IPv4Address?
    ) async -> [Body] {
        await withTaskGroup(of: Body?.self) { group in
            for peer in peers { group.addTask { await ask(peer, on: channel, vmID, destination) } }
            return await group.reduce(into: []) { bodies, body in body.map { bodies.append($0) } }
        }
    }

    /// Nil if the peer does not answer in time, or in words of another version.
    private func ask<Body: Decodable>(
        _ peer: PeerName, on channel: ChannelName, _ vmID: VMID? = nil, _ destination: IPv4Address? = nil
    ) async -> Body? {
        let inquiry = Inquiry(id: .random(in: 1 ... .max), vmID: vmID, destination: destination)
        channels[channel]?.send([
            Envelope(
                from: me, to: peer, epoch: 0, toEpoch: 0, stream: 0, seq: 0, kind: .inquiry,
                content: [.inquiry(inquiry)])
        ])
        return try? await inbox.report(on: inquiry, within: patience)?.decoded()
    }
}

/// What keeps rfctl from asking.
enum AskError: Error, CustomStringConvertible {
    case database(reason: String)
    case noSuchVM(String, known: [String])

    var description: String {
        switch self {
        case .database(let reason):
            "MongoDB does not answer: \(reason); is it running, is --mongo or --mongo-file right?"
        case .noSuchVM(let name, let known):
            "no VM is called \(name); there are: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        }
    }
}
