import NIOCore

extension OpenFlow10 {
    /// A flow table (5.3.5, `ofp_table_stats`).
    public struct TableStats: Hashable, Sendable {
        /// Its number; tables with lower ones are asked first.
        public var tableID: UInt8
        /// Its name, up to 31 bytes of UTF-8 on the wire; longer ones are cut.
        public var name: String
        /// The fields that may be wild in it, as in a match's wildcards word.
        public var wildcards: UInt32
        /// How many flows fit.
        public var maxEntries: UInt32
        /// How many flows there are.
        public var activeCount: UInt32
        /// How many packets were looked up.
        public var lookupCount: UInt64
        /// How many of them matched.
        public var matchedCount: UInt64

        /// Creates a table's statistics.
        public init(
            tableID: UInt8, name: String, wildcards: UInt32, maxEntries: UInt32, activeCount: UInt32,
            lookupCount: UInt64, matchedCount: UInt64
        ) {
            self.tableID = tableID
            self.name = name
            self.wildcards = wildcards
            self.maxEntries = maxEntries
            self.activeCount = activeCount
            self.lookupCount = lookupCount
            self.matchedCount = matchedCount
        }
    }
}

extension OpenFlow10.TableStats: WireStructure {
    private static let nameSize = 32

    init(from reader: inout WireReader) throws(OpenFlowError) {
        tableID = try reader.integer()
        try reader.skip(3)
        name = try reader.text(size: Self.nameSize)
        wildcards = try reader.integer()
        maxEntries = try reader.integer()
        activeCount = try reader.integer()
        lookupCount = try reader.integer()
        matchedCount = try reader.integer()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(tableID)
        buffer.writeZeros(3)
        buffer.write(name, size: Self.nameSize)
        buffer.writeMultipleIntegers(wildcards, maxEntries, activeCount, lookupCount, matchedCount)
    }
}
