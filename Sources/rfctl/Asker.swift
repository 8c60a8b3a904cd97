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

    /// Asks everybody what there is. rfserver knows whom to ask.
    /// - Throws: `AskError` if the database does not answer.
    func survey() async throws -> Answers {
        var answers = Answers()
        answers.server = await ask(.rfserver, on: .proxies)
        if answers.server == nil, let trouble = await inbox.trouble {
            throw AskError.database(reason: trouble)
        }
        let vms = answers.vms.map { PeerName.rfclient($0) }
        let proxies = (answers.server?.knownProxies ?? [0]).map { PeerName.rfproxy($0) }
        async let clientReports: [ClientReport] = gather(vms, on: .clients)
        async let proxyReports: [ProxyReport] = gather(proxies, on: .proxies)
        for report in await clientReports { answers.clients[report.vmID] = report }
        for report in await proxyReports { answers.proxies[report.ctID] = report }
        return answers
    }

    /// Why packets to an address go where they go by way of one VM. All who answered the survey are asked at the same
    /// time, so that a network that changes is seen in one state.
    func explain(_ destination: IPv4Address, by vmID: VMID, _ survey: Answers) async -> Explanation {
        var answers = survey
        let proxies = survey.proxies.keys.map { PeerName.rfproxy($0) }
        async let client: ClientReport? =
            survey.clients[vmID] == nil
            ? nil : ask(.rfclient(vmID), on: .clients, vmID, destination)
        async let server: ServerReport? = ask(.rfserver, on: .proxies, vmID, destination)
        async let proxyReports: [ProxyReport] = gather(proxies, on: .proxies, vmID, destination)
        answers.clients[vmID] = await client
        answers.server = await server
        for report in await proxyReports { answers.proxies[report.ctID] = report }
        return Explanation(of: vmID, in: answers)
    }

    private func gather<Body: Decodable & Sendable>(
        _ peers: [PeerName], on channel: ChannelName, _ vmID: VMID? = nil, _ destination: IPv4Address? = nil
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
    case silentServer
    case noVMs
    case noSuchVM(String, known: [String])

    var description: String {
        switch self {
        case .database(let reason):
            "MongoDB does not answer: \(reason); is it running, is --mongo or --mongo-file right?"
        case .silentServer:
            "rfserver does not answer, and it alone knows which VMs there are: is it running, and does it use this database?"
        case .noVMs:
            "there is no VM yet: has an rfclient been started, with this database?"
        case .noSuchVM(let name, let known):
            "no VM is called \(name); there are: \(known.joined(separator: ", "))"
        }
    }
}
