import Logging
import RFTestKit
import Testing

@testable import RFLib

struct PrintableLogHandlerTests {
    private let lines = LogLines()

    private var logger: Logger {
        Logger(label: "test") { _ in PrintableLogHandler(lines.handler) }
    }

    @Test("what a peer says cannot begin a line of the log, nor command the terminal")
    func controlCharacters() {
        logger.info(
            "set aside \u{1B}[2J",
            metadata: ["port": "eth1\ninfo : rfserver all is well\r", "vm": "\u{202E}a\u{2028}"])
        #expect(
            lines.all == [
                #"info set aside \u{1B}[2J port=eth1\ninfo : rfserver all is well\r vm=\u{202E}a\u{2028}"#
            ])
    }

    @Test("what stays with the logger is escaped too")
    func ownMetadata() {
        var logger = logger
        logger[metadataKey: "peer"] = "a\tb"
        logger.info("gone")
        #expect(lines.all == [#"info gone peer=a\tb"#])
    }

    @Test("any other text stays as it is", arguments: ["", "größer als \"eth1\" \\ 'x'", "端口 🛰"])
    func text(_ text: String) {
        logger.info("\(text)", metadata: ["name": "\(text)"])
        #expect(lines.all == ["info \(text) name=\(text)"])
    }
}
