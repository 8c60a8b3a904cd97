/// Bytes that are no OpenFlow message, or a message that does not fit into one.
///
/// Whatever a peer sends ends as a value or as this error; nothing that it sends traps.
public struct OpenFlowError: Error, Hashable, Sendable {
    /// What is wrong, for programs.
    public enum Code: String, Hashable, Sendable {
        /// The bytes end inside a structure.
        case truncated
        /// A length is not one that the structure can have.
        case badLength
        /// The header names a version other than the decoder's.
        case badVersion
        /// The message is longer than its receiver allows, or than the 65,535 bytes that a header can say.
        case tooLong
    }

    /// What is wrong, for programs.
    public let code: Code
    /// What is wrong, for people.
    public let message: String
    /// Where, in bytes from the first one of the message's header.
    public let offset: Int

    /// Creates an error about the byte at an offset from the start of the message.
    public init(_ code: Code, _ message: String, offset: Int) {
        self.code = code
        self.message = message
        self.offset = offset
    }
}

extension OpenFlowError: CustomStringConvertible {
    /// The message and the place.
    public var description: String { "\(message) (\(code.rawValue) at byte \(offset))" }
}
