import ArgumentParser
import NetTypes
import RFLib

/// `rfbench table`.
struct Table: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "An rfserver that wants many flows on one datapath.",
        discussion: """
            Prints a line as soon as rfproxy knows them all, and runs until killed. A switch that connects then shows how \
            fast rfproxy alone is.
            """)

    @OptionGroup var mongo: MongoOptions

    @Option(name: .customLong("ct-id"), help: ArgumentHelp("Which rfproxy.", valueName: "number"))
    var ctID: Int32 = 0

    @Option(name: .customLong("dp-id"), help: ArgumentHelp("The datapath.", valueName: "id"))
    var datapath = DatapathID(rawValue: 0xBE)

    @Option(help: ArgumentHelp("How many flows.", valueName: "number"))
    var flows = 100_000

    func run() async throws {
        let flows = flows
        let grant = RFMessage.datapathGrant(DatapathGrant(dpID: datapath, ctID: ctID))
        let wanted = (0..<flows).map { RFMessage.flowMod(BenchFlow.wanted($0, on: datapath)) }
        let end = RFMessage.tableComplete(TableComplete(dpID: datapath))
        try await FakeServer.run([grant] + wanted + [end], to: ctID, uri: try mongo.resolved()) {
            try? RFBench.report(["said": flows])
        }
    }
}
