/// Builds BSON documents one after another, or one inside another, in one run of bytes.
struct BSONWriter {
    /// The number of bytes that have been written.
    private(set) var count = 0
    /// What has been written, and zeros where there is room for more: a route is some fifty short pieces, and appending each to
    /// an array costs more than copying it.
    private var storage: [UInt8]

    /// Creates an empty writer with room for this many bytes.
    init(capacity: Int = 256) {
        storage = [UInt8](repeating: 0, count: capacity)
    }

    /// What has been written.
    var bytes: [UInt8] { Array(storage[..<count]) }

    /// A part of what has been written.
    subscript(range: Range<Int>) -> ArraySlice<UInt8> { storage[..<count][range] }

    /// The bytes of one document.
    static func document(_ fields: (inout BSONWriter) -> Void) -> [UInt8] {
        var writer = BSONWriter()
        writer.document(fields)
        return writer.bytes
    }

    /// Writes a document that stands by itself.
    mutating func document(_ fields: (inout BSONWriter) -> Void) {
        let start = count
        append(littleEndian: Int32(0))
        fields(&self)
        append(byte: 0)
        patch(Int32(count - start), at: start)
    }

    /// Writes a field that holds a document.
    mutating func append(_ name: StaticString, document fields: (inout BSONWriter) -> Void) {
        begin(.document, name)
        document(fields)
    }

    /// Writes a field that holds an array of documents, one for each item.
    mutating func append<Items: Collection>(
        _ name: StaticString, documents items: Items, _ fields: (inout BSONWriter, Items.Element) -> Void
    ) {
        append(name, array: items, of: .document) { writer, item in writer.document { fields(&$0, item) } }
    }

    /// Writes a field that holds an array of values of one type, one for each item; `write` writes the value alone.
    mutating func append<Items: Collection>(
        _ name: StaticString, array items: Items, of type: BSONType,
        _ write: (inout BSONWriter, Items.Element) -> Void
    ) {
        begin(.array, name)
        document { writer in
            var index = 0
            for item in items {
                writer.append(byte: type.rawValue)
                writer.append(upTo: 20) { $0.write(decimal: index) }
                writer.append(byte: 0)
                write(&writer, item)
                index += 1
            }
        }
    }

    /// Writes a field.
    mutating func append(_ name: StaticString, _ value: some BSONField) {
        value.append(to: &self, as: name)
    }

    /// Writes a field, or nothing if there is no value.
    mutating func append(_ name: StaticString, ifPresent value: (some BSONField)?) {
        if let value { append(name, value) }
    }

    /// Forgets what was written after so many bytes.
    mutating func truncate(to count: Int) {
        self.count = min(count, self.count)
    }

    /// Writes bytes that are a whole document, or a part of a value.
    mutating func append(raw bytes: some Collection<UInt8>) {
        append(upTo: bytes.count) { space in
            space.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// Writes a field's type and name; its value has to follow.
    mutating func begin(_ type: BSONType, _ name: StaticString) {
        let length = name.utf8CodeUnitCount
        append(upTo: length + 2) { space in
            space[0] = type.rawValue
            space[1...].copyBytes(from: UnsafeRawBufferPointer(start: name.utf8Start, count: length))
            space[length + 1] = 0
            return length + 2
        }
    }

    /// Writes a field that holds a string, whose characters `write` writes.
    mutating func append(_ name: StaticString, text write: (inout BSONWriter) -> Void) {
        begin(.string, name)
        let start = count
        append(littleEndian: Int32(0))
        write(&self)
        append(byte: 0)
        patch(Int32(count - start - MemoryLayout<Int32>.size), at: start)
    }

    /// Writes a number in the byte order of BSON.
    mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(littleEndian value: Value) {
        append(upTo: MemoryLayout<Value>.size) { space in
            space.storeBytes(of: value.littleEndian, as: Value.self)
            return space.count
        }
    }

    /// Writes one byte.
    mutating func append(byte: UInt8) {
        append(upTo: 1) { space in
            space[0] = byte
            return 1
        }
    }

    /// Writes up to `limit` bytes in place: as many as `fill` says that it has written.
    mutating func append(upTo limit: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        if storage.count - count < limit {
            storage.append(contentsOf: repeatElement(0, count: max(storage.count, limit)))
        }
        storage.withUnsafeMutableBytes { bytes in
            count += fill(UnsafeMutableRawBufferPointer(rebasing: bytes[count..<(count + limit)]))
        }
    }

    private mutating func patch(_ value: Int32, at offset: Int) {
        storage.withUnsafeMutableBytes {
            $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Int32.self)
        }
    }
}
