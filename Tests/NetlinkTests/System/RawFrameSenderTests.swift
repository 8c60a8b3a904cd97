import Glibc
import NetTypes
import Testing

@testable import Netlink

extension KernelTests {
    @Suite struct RawFrames {
        private let frame: [UInt8] =
            [UInt8](repeating: 0, count: 6) + [2, 0, 0, 0, 0, 1, 0x0A, 0x0A] + [1, 2, 3]

        /// How many frames an interface has received.
        private func received(_ interface: String, _ network: PrivateNetwork) async throws -> Int {
            let text = try await network.run { try SystemFile.read("/proc/thread-self/net/dev") }
            let line = try #require(text.split(separator: "\n").first { $0.contains("\(interface):") })
            let fields = line.split(whereSeparator: { $0 == " " || $0 == ":" })
            return try #require(Int(fields[2]))
        }

        @Test func `A frame that is sent arrives at the far end`() async throws {
            let lab = try await Lab()
            let sender = try await lab.network.run { try RawFrameSender() }
            let before = try await received("right", lab.network)
            for _ in 0..<20 { try sender.send(frame, linkIndex: lab.left) }
            while try await received("right", lab.network) < before + 20 { try Task.checkCancellation() }
        }

        @Test
        func
            `Trap 23: an interface that is down or gone, or a short frame, is an error and the sender goes on`()
            async throws
        {
            let lab = try await Lab()
            let sender = try await lab.network.run { try RawFrameSender() }
            try await lab.network.ip("link set left down")
            let down = #expect(throws: NetlinkError.self) { try sender.send(frame, linkIndex: lab.left) }
            #expect(down?.errno == ENETDOWN)
            #expect(throws: NetlinkError.self) { try sender.send(frame, linkIndex: 4711) }
            #expect(throws: NetlinkError.self) { try sender.send([1, 2, 3], linkIndex: lab.other) }
            #expect(throws: NetlinkError.self) { try sender.send([], linkIndex: lab.other) }
            try await lab.network.ip("link set left up")
            try sender.send(frame, linkIndex: lab.left)
        }

        @Test func `Trap 23: a sender that is gone leaves no socket behind`() async throws {
            let network = try await PrivateNetwork()
            let before = try await network.count("packet")
            var sender: RawFrameSender? = try await network.run { try RawFrameSender() }
            #expect(try await network.count("packet") == before + 1)
            withExtendedLifetime(sender) {}
            sender = nil
            try await network.wait(for: before, of: "packet")
        }
    }
}

@Suite struct BootIdentityTests {
    @Test func `The identity is the same twice, and names the boot and process 1`() throws {
        let identity = try BootIdentity.current()
        #expect(try BootIdentity.current() == identity)
        #expect(identity.split(separator: "-").count == 6)
    }

    @Test func `The start time is found behind a program name with spaces and brackets`() {
        let numbers = (3...30).map(String.init).joined(separator: " ")
        #expect(BootIdentity.startTime("1 (a) b (c)) S \(numbers.dropFirst(2))") == 22)
        #expect(BootIdentity.startTime("1 (init) S 1 2") == nil)
        #expect(BootIdentity.startTime("") == nil)
    }
}

@Suite struct ProgramTests {
    @Test func `A program that is missing or fails is an error with its words`() {
        #expect(throws: NetlinkError.self) { try Program.run("no-such-program", []) }
        let error = #expect(throws: NetlinkError.self) {
            try Program.run("nft", ["-f", "-"], input: "nonsense\n")
        }
        #expect(error?.message.contains("syntax error") == true)
    }

    @Test func `What a program reads and writes may be larger than a pipe`() throws {
        let text = String(repeating: "0123456789abcdef\n", count: 20_000)
        #expect(try Program.run("cat", [], input: text) == text)
    }
}
