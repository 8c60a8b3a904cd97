/// The database as the daemons need it: numbered incarnations, channels, and the table.
public protocol IPCService: Sendable {
    /// Takes the next incarnation number for a name. Waits until the database answers.
    /// - Throws: `CancellationError` if the task is cancelled, or an error that waiting does not mend, such as a
    ///   refused password.
    func nextEpoch(for name: PeerName) async throws -> Int64

    /// Opens a channel for a reader. Events come one after another, from a thread of the channel's own.
    func open(
        _ channel: ChannelName, as reader: PeerName, onEvent: @escaping @Sendable (IPCEvent) -> Void
    ) -> any IPCChannel

    /// Reads the table. Waits until the database answers.
    /// - Throws: as `nextEpoch`.
    func loadTable() async throws -> [RFEntry]

    /// Writes changes of the table after all that were given before, each with a majority, trying again until it is
    /// done or the service closes.
    func save(_ changes: [RFTableChange])

    /// Ends all channels: what was sent is written first where the database answers within the time.
    func close(within limit: Duration) async
}
