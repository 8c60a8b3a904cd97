import NetTypes

/// A value that travels as a text in its usual notation.
///
/// The types' own parsers go through `String`; these work on the bytes, since every route has five such fields.
protocol BSONText: BSONField {
    /// What such a text is, for people.
    static var notation: String { get }
    /// Parses the whole text.
    init?(text: UnsafeRawBufferPointer)
    /// Writes the text.
    func append(textTo writer: inout BSONWriter)
}

extension BSONText {
    init(_ element: BSONElement) throws(BSONError) {
        let text = try element.text()
        guard let value = Self(text: text) else {
            throw BSONError("\"\(String(decoding: text.prefix(64), as: UTF8.self))\" is not \(Self.notation)")
        }
        self = value
    }

    func append(to writer: inout BSONWriter, as name: StaticString) {
        writer.append(name, text: append(textTo:))
    }
}

extension VMID: BSONText {
    static var notation: String { "a VM id of 12 hexadecimal digits" }

    init?(text: UnsafeRawBufferPointer) {
        guard text.count == 12, let value = UInt64(hexadecimal: text[...]) else { return nil }
        self.init(rawValue: value)
    }

    func append(textTo writer: inout BSONWriter) {
        writer.append(upTo: 12) { $0.write(hexadecimal: rawValue, digits: 12) }
    }
}

extension DatapathID: BSONText {
    static var notation: String { "a datapath id of 16 hexadecimal digits" }

    init?(text: UnsafeRawBufferPointer) {
        guard text.count == 16, let value = UInt64(hexadecimal: text[...]) else { return nil }
        self.init(rawValue: value)
    }

    func append(textTo writer: inout BSONWriter) {
        writer.append(upTo: 16) { $0.write(hexadecimal: rawValue, digits: 16) }
    }
}

extension MACAddress: BSONText {
    static var notation: String { "a MAC address" }

    init?(text: UnsafeRawBufferPointer) {
        guard text.count == 17 else { return nil }
        var value: UInt64 = 0
        for start in stride(from: 0, to: 18, by: 3) {
            guard let octet = UInt64(hexadecimal: text[start..<(start + 2)]) else { return nil }
            guard start == 15 || text[start + 2] == UInt8(ascii: ":") else { return nil }
            value = value << 8 | octet
        }
        self.init(rawValue: value)
    }

    func append(textTo writer: inout BSONWriter) {
        writer.append(upTo: 17) { space in
            for octet in 0..<6 {
                let start = 3 * octet
                space.write(hexadecimal: rawValue >> UInt64(40 - 8 * octet), digits: 2, at: start)
                if octet < 5 { space[start + 2] = UInt8(ascii: ":") }
            }
            return 17
        }
    }
}

extension IPv4Address: BSONText {
    static var notation: String { "an IPv4 address" }

    /// As `IPv4Address.init(_: String)`: four decimal numbers without leading zeros.
    init?(text: UnsafeRawBufferPointer) {
        var value: UInt32 = 0
        var position = text.startIndex
        for octetIndex in 0..<4 {
            if octetIndex > 0 {
                guard position < text.endIndex, text[position] == UInt8(ascii: ".") else { return nil }
                position += 1
            }
            let end = text[position...].firstIndex(of: UInt8(ascii: ".")) ?? text.endIndex
            guard let octet = UInt8(decimal: text[position..<end]) else { return nil }
            value = value << 8 | UInt32(octet)
            position = end
        }
        guard position == text.endIndex else { return nil }
        self.init(rawValue: value)
    }

    func append(textTo writer: inout BSONWriter) {
        writer.append(upTo: 15) { space in
            var end = 0
            for octet in 0..<4 {
                if octet > 0 {
                    space[end] = UInt8(ascii: ".")
                    end += 1
                }
                end += space.write(decimal: Int(rawValue >> UInt32(24 - 8 * octet) & 0xFF), at: end)
            }
            return end
        }
    }
}

extension IPAddress: BSONText {
    static var notation: String { "an IP address" }

    init?(text: UnsafeRawBufferPointer) {
        if let address = IPv4Address(text: text) {
            self = .v4(address)
        } else if let address = IPv6Address(String(decoding: text, as: UTF8.self)) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    func append(textTo writer: inout BSONWriter) {
        switch self {
        case .v4(let address): address.append(textTo: &writer)
        case .v6(let address): writer.append(raw: address.description.utf8)
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes the lowest `digits` hexadecimal digits of a number, in lower case. Returns how many.
    @discardableResult
    func write(hexadecimal value: UInt64, digits: Int, at start: Int = 0) -> Int {
        var rest = value
        for position in (start..<(start + digits)).reversed() {
            let digit = UInt8(truncatingIfNeeded: rest & 0xF)
            self[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            rest >>= 4
        }
        return digits
    }

    /// Writes a number that is not negative as decimal digits. Returns how many.
    func write(decimal value: Int, at start: Int = 0) -> Int {
        var digits = 1
        var rest = value
        while rest >= 10 {
            digits += 1
            rest /= 10
        }
        rest = value
        for position in (start..<(start + digits)).reversed() {
            self[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return digits
    }
}

extension UInt64 {
    /// Parses hexadecimal digits and nothing else.
    fileprivate init?(hexadecimal digits: Slice<UnsafeRawBufferPointer>) {
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"):
                value = value << 4 | UInt64(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        self = value
    }
}

extension UInt8 {
    /// Parses one to three decimal digits without leading zeros.
    init?(decimal digits: Slice<UnsafeRawBufferPointer>) {
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            return nil
        }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        guard value <= UInt8.max else { return nil }
        self = UInt8(value)
    }
}
