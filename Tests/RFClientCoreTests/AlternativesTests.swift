import NetTypes
import Netlink
import Testing

@testable import RFClientCore

@Suite("The kernel's order among the routes of a prefix")
struct AlternativesTests {
    private func alternative(_ path: PathID, _ priority: UInt32 = 0) -> Alternative {
        Alternative(priority: priority, path: path)
    }

    private func adding(
        _ path: PathID, _ change: ChangeFlags, to list: [Alternative]
    ) -> (paths: [PathID], isCertain: Bool) {
        let (result, isCertain) = Alternatives(list).adding(alternative(path), change) { $0 == path }
        return (result.list.map(\.path), isCertain)
    }

    @Test("The only one of its metric has others of that metric forgotten")
    func exclusive() {
        let result = adding(9, [.create, .exclusive], to: [alternative(1), alternative(2, 5)])
        #expect(result.paths == [9, 2])
        #expect(result.isCertain)
    }

    @Test(
        "Appended routes stand behind their equals, prepended ones before, replacing ones in the place of the first"
    )
    func places() {
        let equals = [alternative(1), alternative(2), alternative(3, 7)]
        #expect(adding(9, [.create, .append], to: equals) == ([1, 2, 9, 3], true))
        #expect(adding(9, [.create], to: equals) == ([9, 1, 2, 3], true))
        #expect(adding(9, [.replace], to: equals) == ([9, 2, 3], false))
        #expect(adding(9, [.replace], to: [alternative(1), alternative(3, 7)]) == ([9, 3], true))
        #expect(adding(2, [.replace], to: equals) == ([1, 2, 3], false))
    }

    @Test("A change that does not fit to what is known is a reason for a dump")
    func uncertain() {
        #expect(adding(9, [.replace], to: []) == ([9], false))
        #expect(adding(9, [.create, .append], to: [alternative(3, 7)]) == ([9, 3], false))
        #expect(adding(9, [.create], to: [alternative(3, 7)]) == ([9, 3], false))
        #expect(adding(1, [.create, .append], to: [alternative(1)]) == ([1], false))
    }

    @Test("A prefix key holds every length, and its first and last address")
    func prefixKeys() throws {
        for length in 0...32 {
            let prefix = try #require(IPPrefix("203.0.113.255", length: length))
            let key = try #require(PrefixKey(prefix))
            #expect(key.prefix == prefix)
            #expect(IPAddress.v4(key.first) == prefix.address)
            #expect(IPAddress.v4(key.last) == prefix.last)
        }
        #expect(PrefixKey("2001:db8::/32") == nil)
    }
}
