/// One field of a document, in place.
struct BSONElement {
    /// What the value is.
    let type: BSONType
    /// The field's name, without its zero byte.
    let name: UnsafeRawBufferPointer
    /// The value, with whatever lengths lead it.
    let value: UnsafeRawBufferPointer

    /// True if the field has this name.
    func isNamed(_ other: StaticString) -> Bool {
        name.count == other.utf8CodeUnitCount
            && name.elementsEqual(UnsafeRawBufferPointer(start: other.utf8Start, count: name.count))
    }
}

/// Finds the fields of one document in place. Every length in it is distrusted.
///
/// It points into bytes that it does not own, so it never leaves the closure that lends them.
struct BSONReader {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int

    private static let firstField = MemoryLayout<Int32>.size

    /// Reads a document that fills these bytes exactly.
    init(_ bytes: UnsafeRawBufferPointer) throws(BSONError) {
        guard bytes.count > Self.firstField, bytes.int32(at: 0) == bytes.count, bytes.last == 0 else {
            throw BSONError("the document has a wrong length")
        }
        self.bytes = bytes
        self.position = Self.firstField
    }

    /// Reads the document, or the array, in a field.
    init(_ element: BSONElement) throws(BSONError) {
        guard element.type == .document || element.type == .array else {
            throw BSONError("a document is expected, not \(element.type)")
        }
        try self.init(element.value)
    }

    /// The next field, or nil at the end.
    mutating func next() throws(BSONError) -> BSONElement? {
        guard position < bytes.count - 1 else { return nil }
        guard let type = BSONType(rawValue: bytes[position]) else {
            throw BSONError("a field has the unknown BSON type \(bytes[position])")
        }
        let nameEnd = try endOfText(from: position + 1)
        let valueEnd = try end(of: type, from: nameEnd + 1)
        let element = BSONElement(
            type: type,
            name: UnsafeRawBufferPointer(rebasing: bytes[(position + 1)..<nameEnd]),
            value: UnsafeRawBufferPointer(rebasing: bytes[(nameEnd + 1)..<valueEnd]))
        position = valueEnd
        return element
    }

    /// The field of this name, or nil. The search goes on from the last one found, so that fields in their usual order
    /// cost one pass in all.
    mutating func find(_ name: StaticString) throws(BSONError) -> BSONElement? {
        let start = position
        while let element = try next() {
            if element.isNamed(name) { return element }
        }
        position = Self.firstField
        while position < start, let element = try next() {
            if element.isNamed(name) { return element }
        }
        return nil
    }

    /// The value of a field that has to be there.
    mutating func read<Value: BSONField>(
        _ name: StaticString, as type: Value.Type = Value.self
    ) throws(BSONError) -> Value {
        guard let element = try find(name) else { throw BSONError("\(name): missing") }
        do { return try Value(element) } catch { throw error.inside(name) }
    }

    /// The value of a field that may be absent or null.
    mutating func readIfPresent<Value: BSONField>(
        _ name: StaticString, as type: Value.Type = Value.self
    ) throws(BSONError) -> Value? {
        guard let element = try find(name), element.type != .null else { return nil }
        do { return try Value(element) } catch { throw error.inside(name) }
    }

    /// The document in a field that has to be there.
    mutating func document(_ name: StaticString) throws(BSONError) -> BSONReader {
        guard let element = try find(name) else { throw BSONError("\(name): missing") }
        do { return try BSONReader(element) } catch { throw error.inside(name) }
    }

    /// The values made from each document of an array that has to be there.
    mutating func list<Value>(
        _ name: StaticString, of read: (inout BSONReader) throws(BSONError) -> Value
    ) throws(BSONError) -> [Value] {
        var items = try document(name)
        var values: [Value] = []
        while let element = try items.next() {
            do {
                var item = try BSONReader(element)
                values.append(try read(&item))
            } catch {
                throw error.inside(name)
            }
        }
        return values
    }

    private func endOfText(from start: Int) throws(BSONError) -> Int {
        var end = start
        while end < bytes.count - 1 {
            if bytes[end] == 0 { return end }
            end += 1
        }
        throw BSONError("a text in the document has no end")
    }

    private func end(of type: BSONType, from start: Int) throws(BSONError) -> Int {
        let end: Int
        switch type.extent {
        case .fixed(let count):
            end = start + count
        case .counted(let others):
            let count = try count(at: start)
            end = start + MemoryLayout<Int32>.size + count + others
        case .total:
            let count = try count(at: start)
            end = start + max(count, MemoryLayout<Int32>.size)
        case .twoTexts:
            end = try endOfText(from: endOfText(from: start) + 1) + 1
        }
        guard end < bytes.count else { throw BSONError("a field reaches beyond the document") }
        return end
    }

    private func count(at offset: Int) throws(BSONError) -> Int {
        guard offset + MemoryLayout<Int32>.size <= bytes.count else {
            throw BSONError("a field reaches beyond the document")
        }
        let count = Int(bytes.int32(at: offset))
        guard count >= 0 else { throw BSONError("a field has a negative length") }
        return count
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian int32 at an offset that the caller has checked.
    func int32(at offset: Int) -> Int32 {
        Int32(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    /// The little-endian int64 at an offset that the caller has checked.
    func int64(at offset: Int) -> Int64 {
        Int64(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }
}
