import NetTypes
import RFLib

/// What rfclient says to those who ask.
extension ClientCore {
    mutating func answer(_ envelope: Envelope, at now: Instant) {
        for inquiry in desk.admit(envelope, at: now) {
            effects.append(.send([desk.answer(inquiry, of: envelope.from, report(on: inquiry))]))
        }
    }

    private func report(on inquiry: Inquiry) -> ClientReport {
        var report = ClientReport(
            vmID: configuration.vmID, hostName: configuration.hostName, epoch: configuration.epoch,
            isAccepted: isAccepted,
            ports: mirror.links.registration.map {
                ClientReport.Port(number: $0.vmPort, name: $0.name, isUp: $0.isUp)
            },
            prefixes: mirror.prefixes.winnerCount)
        if let destination = inquiry.destination {
            report.route = mirror.route(to: destination)
            report.neighbour = mirror.neighbour(destination)
            report.word = mirror.word(on: destination)
        }
        return report
    }
}
