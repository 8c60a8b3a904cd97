/// The database as the daemons need it: numbered incarnations, channels, and the table.
public protocol IPCService: Sendable {
    /// Takes the next incarnation number for a name. Waits until the database answers.
    /// - Throws: `CancellationError` if the task is cancelled, or an error that waiting does not mend, such as a
    ///   refused password.
    func nextEpoch(for name: PeerName) async throws -> Int64

    /// Waits until this process is the one rfserver at work, as a stand-by if there is another, and keeps the lease from then on.
    /// - Parameter onEvent: told the taking, each renewal, and the loss, from a thread of the service's own.
    /// - Returns: the term, which is the epoch of this rfserver.
    /// - Throws: as `nextEpoch`.
    func acquireLease(
        as holder: LeaseHolder, onEvent: @escaping @Sendable (LeaseEvent) -> Void
    ) async throws -> Int64

    /// The term of the rfserver that has the lease, or had it last; 0 if there has been none. What is said in an earlier term is
    /// not to be heeded.
    /// - Throws: as `nextEpoch`.
    func presentTerm() async throws -> Int64

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
