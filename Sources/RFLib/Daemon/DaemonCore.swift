/// The decisions of a daemon, as a state machine without clock, socket or database.
///
/// Whatever the world does is an event; whatever is to be done about it is an effect. A core that is told the same
/// events at the same instants decides the same, which is what tests and recordings rely on.
public protocol DaemonCore: Sendable {
    /// What can happen.
    associatedtype Event: Codable & Sendable
    /// What can be done about it.
    associatedtype Effect: Sendable

    /// Decides what to do about an event.
    mutating func handle(_ event: Event, at now: Instant) -> [Effect]

    /// When the core wants to be told that time has passed; nil for never.
    var deadline: Instant? { get }

    /// The event that says only that time has passed.
    static var timePassed: Event { get }
}
