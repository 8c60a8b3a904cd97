/// A value whose coded form is its description, so that logs and recordings read as people write.
public protocol CodableAsString: Codable, LosslessStringConvertible {}

extension CodableAsString {
    /// Decodes from the usual notation.
    /// - Throws: `DecodingError.dataCorrupted` when the text is not in that notation.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(text) is not a \(Self.self)")
        }
        self = value
    }

    /// Encodes as the usual notation.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Reads 1 to `digits` hexadecimal digits, and nothing else: no sign, no prefix.
func hexadecimal(_ text: some StringProtocol, digits: Int) -> UInt64? {
    guard (1...digits).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > UInt8(ascii: "-") }) else {
        return nil
    }
    return UInt64(text, radix: 16)
}

/// A number in lower-case hexadecimal, filled with zeros to a width.
func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
