/// The types of BSON elements (bsonspec.org, version 1.1).
enum BSONType: UInt8, Sendable {
    case double = 0x01
    case string = 0x02
    case document = 0x03
    case array = 0x04
    case binary = 0x05
    case undefined = 0x06
    case objectID = 0x07
    case boolean = 0x08
    case date = 0x09
    case null = 0x0A
    case regularExpression = 0x0B
    case dbPointer = 0x0C
    case code = 0x0D
    case symbol = 0x0E
    case codeWithScope = 0x0F
    case int32 = 0x10
    case timestamp = 0x11
    case int64 = 0x12
    case decimal128 = 0x13
    case maxKey = 0x7F
    case minKey = 0xFF

    /// How the length of a value of this type is known.
    enum Extent {
        /// A fixed number of bytes.
        case fixed(Int)
        /// A leading int32, which counts neither itself nor this many further bytes.
        case counted(besides: Int)
        /// A leading int32, which counts the whole value.
        case total
        /// Two texts that each end with a zero byte.
        case twoTexts
    }

    var extent: Extent {
        switch self {
        case .undefined, .null, .minKey, .maxKey: .fixed(0)
        case .boolean: .fixed(1)
        case .int32: .fixed(4)
        case .double, .date, .timestamp, .int64: .fixed(8)
        case .objectID: .fixed(12)
        case .decimal128: .fixed(16)
        case .string, .code, .symbol: .counted(besides: 0)
        case .binary: .counted(besides: 1)
        case .dbPointer: .counted(besides: 12)
        case .document, .array, .codeWithScope: .total
        case .regularExpression: .twoTexts
        }
    }
}
