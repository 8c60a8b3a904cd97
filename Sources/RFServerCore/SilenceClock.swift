import RFLib

/// How long silence is silence.
///
/// A VM or an rfproxy is not to blame for what this rfserver could not hear: the time starts again after the channel was
/// lost, after this process itself stood still, and after nothing could be written for long.
struct SilenceClock: Sendable {
    private let timeout: Duration
    /// A timer that comes this much too late shows that the process stood still.
    private let pause: Duration
    private var listeningSince: Instant
    private var isListening = false
    private var graceEnds: Instant?

    init(timeout: Duration, pause: Duration = .seconds(2), at now: Instant) {
        self.timeout = timeout
        self.pause = pause
        self.listeningSince = now
        self.graceEnds = now.advanced(by: timeout)
    }

    /// Notices a pause of this process: nothing came although something was due.
    mutating func tick(at now: Instant, deadline: Instant?) {
        guard let deadline, now > deadline.advanced(by: pause) else { return }
        beginAgain(at: now)
    }

    /// The channel can be read (again).
    mutating func listen(at now: Instant) {
        isListening = true
        beginAgain(at: now)
    }

    /// For so long nothing could be written here, and so perhaps by nobody: he who lives could not say it. What is short may come again
    /// and again, and hides no word that is said several times within the time-out.
    mutating func excuse(_ doubt: Duration, at now: Instant) {
        if doubt >= timeout / 3 { beginAgain(at: now) }
    }

    private mutating func beginAgain(at now: Instant) {
        listeningSince = now
        if graceEnds != nil { graceEnds = now.advanced(by: timeout) }
    }

    /// The channel cannot be read: nobody can be heard.
    mutating func suspend() {
        isListening = false
    }

    /// When a peer that was last heard then is taken for gone; nil while nobody can be heard.
    func silenceEnds(lastHeard: Instant?) -> Instant? {
        guard isListening else { return nil }
        return max(lastHeard ?? listeningSince, listeningSince).advanced(by: timeout)
    }

    /// When the grace ends, during which a datapath without any VM keeps its flows: its VM may yet be heard of. Nil
    /// afterwards, and while nobody can be heard.
    var graceDeadline: Instant? { isListening ? graceEnds : nil }

    /// True when every VM has had the time to be heard of.
    var isGraceOver: Bool { graceEnds == nil }

    /// Notices the end of the grace. Returns true once.
    mutating func endGrace(at now: Instant) -> Bool {
        guard let graceDeadline, graceDeadline <= now else { return false }
        graceEnds = nil
        return true
    }
}
