/// A value with one BSON form.
protocol BSONField {
    /// Takes the value out of an element of the right type.
    init(_ element: BSONElement) throws(BSONError)
    /// Writes the value as a field of this name.
    func append(to writer: inout BSONWriter, as name: StaticString)
}

extension Bool: BSONField {
    init(_ element: BSONElement) throws(BSONError) {
        guard element.type == .boolean else { throw BSONError("a bool is expected, not \(element.type)") }
        self = element.value[0] != 0
    }

    func append(to writer: inout BSONWriter, as name: StaticString) {
        writer.begin(.boolean, name)
        writer.append(byte: self ? 1 : 0)
    }
}

extension String: BSONField {
    init(_ element: BSONElement) throws(BSONError) {
        guard let text = String(validating: try element.text(), as: UTF8.self) else {
            throw BSONError("the text is not UTF-8")
        }
        self = text
    }

    func append(to writer: inout BSONWriter, as name: StaticString) {
        writer.append(name, text: { $0.append(raw: utf8) })
    }
}

/// An integer that is written as an int32, or as an int64, and read from whatever holds exactly such a number.
protocol BSONInteger: BSONField, FixedWidthInteger {}

extension BSONInteger {
    init(_ element: BSONElement) throws(BSONError) {
        let wide = try element.integer()
        guard let value = Self(exactly: wide) else { throw BSONError("\(wide) is out of range") }
        self = value
    }
}

/// Narrower numbers than this travel as int32.
extension BSONInteger {
    func append(to writer: inout BSONWriter, as name: StaticString) {
        writer.begin(.int32, name)
        writer.append(littleEndian: Int32(truncatingIfNeeded: self))
    }
}

extension UInt8: BSONInteger {}
extension UInt16: BSONInteger {}
extension Int32: BSONInteger {}

extension Int64: BSONInteger {
    func append(to writer: inout BSONWriter, as name: StaticString) {
        writer.begin(.int64, name)
        writer.append(littleEndian: self)
    }
}

extension BSONElement {
    /// The characters of a string.
    func text() throws(BSONError) -> UnsafeRawBufferPointer {
        guard type == .string else { throw BSONError("a string is expected, not \(type)") }
        guard value.count > MemoryLayout<Int32>.size, value.last == 0 else {
            throw BSONError("the string has no end")
        }
        return UnsafeRawBufferPointer(rebasing: value[MemoryLayout<Int32>.size..<(value.count - 1)])
    }

    /// The number in an int32, an int64, or a double without a fraction.
    func integer() throws(BSONError) -> Int64 {
        switch type {
        case .int32: return Int64(value.int32(at: 0))
        case .int64: return value.int64(at: 0)
        case .double:
            let number = Double(bitPattern: UInt64(bitPattern: value.int64(at: 0)))
            guard let integer = Int64(exactly: number) else { throw BSONError("\(number) is not an integer") }
            return integer
        default: throw BSONError("an integer is expected, not \(type)")
        }
    }
}
