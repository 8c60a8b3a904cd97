public import ArgumentParser
import Foundation
import Logging
public import NetTypes
import RFCtlCore
import RFLib
import RFMongo

/// The commands of rfctl.
@main
struct RFCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rfctl",
        abstract: "Asks a RouteFlow network how it is, and why a packet goes where it goes.",
        discussion: """
            rfctl talks to the daemons through MongoDB, as they do with one another, and changes nothing. Its exit status \
            is 0 if all is well, 1 if something is missing or stops the packet, and more if it could not ask.
            """,
        version: routeFlowVersion,
        subcommands: [Status.self, Why.self])

    /// What both commands need.
    struct Options: ParsableArguments {
        @OptionGroup var mongo: MongoOptions

        @Option(help: ArgumentHelp("How long a daemon may take to answer.", valueName: "seconds"))
        var timeout: Double = 2

        @Flag(name: .shortAndLong, help: "Says on standard error how the database is reached.")
        var verbose = false

        func validate() throws {
            guard timeout > 0, timeout <= 60 else { throw ValidationError("--timeout is 60 seconds at most") }
        }

        /// Asks, and ends the connections.
        /// - Throws: `ExitCode` 2, said on standard error, if nobody can be asked.
        func ask<Answer>(_ body: (Asker) async throws -> Answer) async throws -> Answer {
            var logger = Logger.toStandardError("rfctl")
            logger.logLevel = verbose ? .debug : .critical
            let ipc = try MongoIPC(uri: mongo.resolved(), appName: "rfctl", logger: logger)
            let answer: Answer
            do {
                answer = try await body(Asker(ipc: ipc, patience: .seconds(timeout)))
            } catch let error as AskError {
                await ipc.close(within: .seconds(1))
                FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
                throw ExitCode(2)
            }
            await ipc.close(within: .seconds(1))
            return answer
        }
    }

    /// `rfctl status`.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The daemons, the VMs' ports and what they are mapped to, and what is missing.")

        @OptionGroup var options: Options

        func run() async throws {
            let status = try await options.ask { RFCtlCore.Status(try await $0.survey()) }
            print(status.text, terminator: "")
            if !status.missing.isEmpty { throw ExitCode(1) }
        }
    }

    /// `rfctl why`.
    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Where packets to an address go, from the kernel's route to the switch's flow, and where that stops."
        )

        @OptionGroup var options: Options

        @Argument(help: "An IPv4 address.")
        var destination: IPv4Address

        @Option(help: ArgumentHelp("Only by way of this VM: its id, or its host name.", valueName: "vm"))
        var vm: String?

        @Flag(help: "JSON (RFC 8259): an array with an object for each VM.")
        var json = false

        func run() async throws {
            let found = try await options.ask { asker in
                let answers = try await asker.survey()
                var found: [Explanation] = []
                for vmID in try chosen(answers) {
                    found.append(await asker.explain(destination, by: vmID, answers))
                }
                return found
            }
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
                print(String(decoding: try encoder.encode(found), as: UTF8.self))
            } else {
                print(found.map(\.text).joined(separator: "\n"), terminator: "")
            }
            if found.contains(where: { $0.stop != nil }) { throw ExitCode(1) }
        }

        private func chosen(_ answers: Answers) throws -> [VMID] {
            guard answers.server != nil else { throw AskError.silentServer }
            guard !answers.vms.isEmpty else { throw AskError.noVMs }
            guard let vm else { return answers.vms }
            let found = answers.vms.filter {
                $0.description == vm.lowercased() || answers.clients[$0]?.hostName == vm
            }
            guard !found.isEmpty else { throw AskError.noSuchVM(vm, known: answers.vms.map(answers.name)) }
            return found
        }
    }
}

extension IPv4Address: ExpressibleByArgument {}
