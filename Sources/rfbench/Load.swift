import ArgumentParser
import NIOCore
import NIOPosix
import NetTypes
import OpenFlow
import RFLib
import RFProxyCore
import RFTestKit

/// `rfbench load`.
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How many packets a second a controller answers, in the manner of cbench.",
        discussion: """
            Fake switches send packets for which they have no flow. What counts as an answer is a packet-out or a flow \
            mod; with --rfvs, a packet-out to the fake virtual switch, since rfproxy passes each packet on to that.
            """)

    /// How packets are sent.
    enum Mode: String, ExpressibleByArgument {
        /// Each switch waits for its answer before it sends the next.
        case latency
        /// Each switch sends as much as fits.
        case throughput
    }

    /// The result.
    struct Report: Encodable {
        let answers: Int
        /// Packets that were not answered within a second, in latency mode.
        let lost: Int
        let seconds: Double
        let rate: Double
    }

    @OptionGroup var mongo: MongoOptions

    @Option(help: ArgumentHelp("The controller.", valueName: "host:port"))
    var connect: ListenAddress = .standard

    @Option(help: ArgumentHelp("How many switches.", valueName: "number"))
    var switches = 1

    @Option(help: "latency or throughput.")
    var mode = Mode.latency

    @Option(help: ArgumentHelp("How long.", valueName: "seconds"))
    var seconds = 5

    @Flag(help: "The controller is rfproxy; rfbench plays rfserver and the virtual switch for it.")
    var rfvs = false

    @Option(name: .customLong("ct-id"), help: ArgumentHelp("Which rfproxy.", valueName: "number"))
    var ctID: Int32 = 0

    func validate() throws {
        guard (1...1000).contains(switches), seconds > 0 else {
            throw ValidationError("--switches is 1 to 1000, --seconds more than 0")
        }
    }

    func run() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Report.self)
        let (mode, seconds, count) = (mode, seconds, switches)
        let run = NIOLoopBoundBox.makeEmptyBox(valueType: LoadRun.self, eventLoop: loop)
        try await loop.submit { run.value = LoadRun(mode: mode, seconds: seconds, done: done) }.get()
        if rfvs {
            let virtual = FakeSwitch(Self.virtualSwitch, ports: UInt16(count))
            try await SwitchEnd.connect(to: connect, on: loop) {
                Self.end(virtual, of: run, isAnswerer: true)
            }
        }
        for number in 1...count {
            let fake = FakeSwitch(Self.datapath(number), ports: 2)
            try await SwitchEnd.connect(to: connect, on: loop) { Self.end(fake, of: run, isAnswerer: false) }
        }
        let server = rfvs ? try fakeServer() : nil
        try await loop.submit { run.value?.start() }.get()
        let report = try await done.futureResult.get()
        server?.cancel()
        _ = await server?.result
        try RFBench.report(report)
    }

    /// What rfproxy has to know before it passes packets on.
    private func fakeServer() throws -> Task<Void, any Error> {
        let (ctID, uri) = (ctID, try mongo.resolved())
        let grants = (1...switches).map { number in
            RFMessage.datapathGrant(DatapathGrant(dpID: Self.datapath(number), ctID: ctID))
        }
        let maps = (1...switches).map { number in
            RFMessage.portMap(
                PortMap(
                    dpID: Self.datapath(number), dpPort: 1, ctID: ctID, vsID: Self.virtualSwitch,
                    vsPort: UInt16(number)))
        }
        return Task { try await FakeServer.run(grants + maps, to: ctID, uri: uri) {} }
    }

    private static let virtualSwitch = DatapathID(rawValue: 0x7266_7673_0000_BE7C)

    private static func datapath(_ number: Int) -> DatapathID {
        DatapathID(rawValue: 0xBE00 + UInt64(number))
    }

    private static func end(
        _ fake: FakeSwitch, of run: NIOLoopBoundBox<LoadRun?>, isAnswerer: Bool
    ) -> SwitchEnd {
        guard let run = run.value else { preconditionFailure("the run is made before its switches") }
        let end = SwitchEnd(fake, watcher: run)
        if isAnswerer { run.answerer = end } else { run.add(end) }
        return end
    }
}
