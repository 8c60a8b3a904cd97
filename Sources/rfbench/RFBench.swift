public import ArgumentParser
import Foundation
import NetTypes
import RFProxyCore

/// The measuring parts that have to be fast: senders, receivers and floors. `rftest/rfbench` puts them together.
@main
struct RFBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rfbench",
        abstract: "Measures parts of RouteFlow, and what they could not be faster than.",
        discussion: "Each command prints one line of JSON a result. `make bench` runs them in the lab.",
        subcommands: [Floor.self, Sink.self, Load.self, Blast.self, Table.self])

    /// Prints a result, at once.
    static func report(_ result: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        FileHandle.standardOutput.write(try encoder.encode(result) + Data("\n".utf8))
    }
}

/// What keeps a measurement from being made.
struct BenchError: Error, CustomStringConvertible {
    let description: String
}

extension Duration {
    /// As a number of seconds.
    var seconds: Double { self / .seconds(1) }
}

extension ListenAddress: ExpressibleByArgument {}
extension DatapathID: ExpressibleByArgument {}
