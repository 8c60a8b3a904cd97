import Logging
import RFLib

/// Writes changes of the table, in order. One thread with one client runs it.
final class TableWriter: Sendable {
    private static let maxCount = 1000

    private let lease: LeaseKeeper?
    private let logger: Logger
    private let queue = WorkQueue<TableBacklog>()

    /// - Parameter lease: what allows to write; nil if nothing has to.
    init(under lease: LeaseKeeper?, logger: Logger) {
        self.lease = lease
        self.logger = logger
    }

    /// Writes these after all others.
    func save(_ changes: [RFTableChange]) {
        queue.add(changes)
    }

    /// Takes no more; ends when all is written, or at the deadline.
    func close(by deadline: ContinuousClock.Instant) {
        queue.close(by: deadline)
    }

    /// Writes until closed.
    func run(_ pool: MongoPool) {
        let client = MongoClient(pool)
        while let changes = queue.take() {
            var rest = changes[...]
            while let first = rest.first {
                let count = min(rest.prefix { $0.isDeletion == first.isDeletion }.count, Self.maxCount)
                guard write(rest.prefix(count), client) else { return }
                rest.removeFirst(count)
            }
        }
    }

    /// Tries until changes of one sort are written. Returns false if it is too late.
    private func write(_ changes: ArraySlice<RFTableChange>, _ client: borrowing MongoClient) -> Bool {
        var rest = changes
        var backoff = Backoff.retries()
        var log = TroubleLog("saving the table", logger)
        while !rest.isEmpty {
            do throws(MongoError) {
                guard lease?.isSure ?? true else {
                    throw MongoError(.unreachable, "the lease of this rfserver could not be renewed")
                }
                let reply = try WriteReply(client.run(command(rest)))
                log.succeeded()
                guard let refusal = reply.refusal, refusal.index < rest.count else { return true }
                rest.removeFirst(refusal.index)
                guard refusal.error.serverCode == .duplicateKey, let change = rest.first else {
                    throw refusal.error
                }
                if let entry = change.entry, try evictFormer(from: entry, client) { continue }
                rest.removeFirst()
                logger.error(
                    "row of the table not saved: another row has its port, or a later rfserver has written it",
                    metadata: ["_id": "\(change.id)", "reason": "\(refusal.error)"])
            } catch {
                log.failed(error)
                guard queue.pause(backoff.step()) else { return false }
            }
        }
        return true
    }

    /// Deletes the rows of earlier rfservers that have a port of this row: one that was on its way when this rfserver took over the
    /// table is inserted all the same, where none of its `_id` was there. Returns false if there is none.
    private func evictFormer(
        from entry: RFEntry, _ client: borrowing MongoClient
    ) throws(MongoError) -> Bool {
        guard let term = lease?.term else { return false }
        let ports: [(inout BSONWriter) -> Void] = [
            entry.vm.map { vm in
                {
                    $0.append("vm_id", vm.vmID)
                    $0.append("vm_port", vm.port)
                }
            },
            entry.datapath.map { datapath in
                {
                    $0.append("dp_id", datapath.dpID)
                    $0.append("dp_port", datapath.port)
                }
            },
            entry.virtual.map { virtual in
                {
                    $0.append("vs_id", virtual.vsID)
                    $0.append("vs_port", virtual.port)
                }
            },
        ].compactMap { $0 }
        let reply = try client.run {
            $0.append("delete", RFTableStore.collection)
            $0.append("deletes", documents: ports) { document, port in
                document.append(
                    "q",
                    document: { query in
                        query.append("_id", document: { $0.append("$ne", entry.id) })
                        query.append("term", document: { $0.append("$lt", term) })
                        port(&query)
                    })
                document.append("limit", Int32(1))
            }
            $0.appendMajority()
        }
        if let refusal = try WriteReply(reply).refusal { throw refusal.error }
        let count: Int32 = try reply.read { (document) throws(BSONError) in try document.read("n") }
        return count > 0
    }

    /// Both commands may be run again: a row that is there is replaced, and one that is gone stays so.
    ///
    /// What a later rfserver has written is no row for the query: a change of it finds the row's `_id` taken, and a deletion
    /// finds nothing.
    private func command(_ changes: ArraySlice<RFTableChange>) -> [UInt8] {
        let isDeletion = changes.first?.isDeletion ?? false
        return BSONWriter.document {
            $0.append(isDeletion ? "delete" : "update", RFTableStore.collection)
            $0.append("ordered", true)
            $0.appendMajority()
            $0.append(isDeletion ? "deletes" : "updates", documents: changes) { document, change in
                document.append(
                    "q",
                    document: { query in
                        query.append("_id", change.id)
                        if let term = lease?.term { query.appendTerm(upTo: term) }
                    })
                guard let entry = change.entry else { return document.append("limit", Int32(1)) }
                document.append(
                    "u",
                    document: {
                        entry.append(to: &$0)
                        $0.append("term", ifPresent: lease?.term)
                    })
                document.append("upsert", true)
            }
        }
    }
}

extension RFTableChange {
    fileprivate var isDeletion: Bool { entry == nil }
}
