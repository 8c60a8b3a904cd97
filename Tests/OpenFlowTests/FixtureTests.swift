import NIOCore
import Testing

@testable import OpenFlow

@Suite("Messages as they go over the wire")
struct FixtureTests {
    @Test("A message decodes to its value", arguments: Fixture.all)
    func decodes(_ fixture: Fixture) throws {
        #expect(try OpenFlow10.Envelope(OpenFlowFrame(fixture.bytes)) == fixture.envelope)
    }

    @Test("A value encodes to its message", arguments: Fixture.all)
    func encodes(_ fixture: Fixture) throws {
        #expect(try fixture.envelope.encoded().bytes == fixture.canonicalBytes.bytes)
    }

    @Test("Messages encode one behind the other into one buffer")
    func encodesInSequence() throws {
        var buffer = ByteBuffer(string: "before")
        for fixture in Fixture.all {
            try fixture.envelope.encode(into: &buffer)
        }
        #expect(buffer.readString(length: 6) == "before")
        var decoder = OpenFlowFrameDecoder()
        for fixture in Fixture.all {
            let frame = try #require(try decoder.decode(buffer: &buffer))
            #expect(try OpenFlow10.Envelope(frame) == fixture.envelope)
        }
        #expect(buffer.readableBytes == 0)
    }

    @Test("There is a fixture for each type of message and of statistics")
    func complete() {
        let types = Set(Fixture.all.map(\.envelope.message.type.rawValue))
        #expect(types.isSuperset(of: 0...21))
        let requests = Fixture.all.compactMap { fixture in
            if case .statsRequest(let request) = fixture.envelope.message { request.type } else { nil }
        }
        let replies = Fixture.all.compactMap { fixture in
            if case .statsReply(let reply) = fixture.envelope.message { reply.body.type } else { nil }
        }
        let all: Set<OpenFlow10.StatsType> = [.desc, .flow, .aggregate, .table, .port, .queue, .vendor]
        #expect(Set(requests).isSuperset(of: all))
        #expect(Set(replies).isSuperset(of: all))
    }
}
