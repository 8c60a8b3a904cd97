/// Something that happens once, and that threads can wait for.
final class Latch: Sendable {
    private let happened = Monitor(false)

    /// It happens.
    func set() {
        happened.change { $0 = true }
    }

    /// True if it has happened.
    var isSet: Bool { wait(atMost: .zero) }

    /// Waits for it. Returns false if the time is up first.
    @discardableResult
    func wait(atMost limit: Duration) -> Bool {
        happened.wait(atMost: limit) { $0 ? true : nil } ?? false
    }
}
