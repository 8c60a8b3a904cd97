import RFLib

/// The reports that have come, and those who wait for them.
actor Inbox {
    private var reports: [Int64: Report] = [:]
    private var waiting: [Int64: CheckedContinuation<Report?, Never>] = [:]
    /// Why the database cannot be read, while it cannot.
    private(set) var trouble: String?

    func take(_ event: IPCEvent) {
        switch event {
        case .connected: trouble = nil
        case .disconnected(let reason): trouble = reason
        case .poison, .written: break
        case .received(let envelopes):
            for envelope in envelopes {
                for case .report(let report) in envelope.content { deliver(report) }
            }
        }
    }

    private func deliver(_ report: Report) {
        if let waiter = waiting.removeValue(forKey: report.id) {
            waiter.resume(returning: report)
        } else {
            reports[report.id] = report
        }
    }

    /// Waits for the report on an inquiry; nil if it does not come in time.
    func report(on inquiry: Inquiry, within patience: Duration) async -> Report? {
        if let report = reports.removeValue(forKey: inquiry.id) { return report }
        let alarm = Task {
            try await Task.sleep(for: patience)
            self.giveUp(inquiry.id)
        }
        defer { alarm.cancel() }
        return await withCheckedContinuation { waiting[inquiry.id] = $0 }
    }

    private func giveUp(_ id: Int64) {
        waiting.removeValue(forKey: id)?.resume(returning: nil)
    }
}
