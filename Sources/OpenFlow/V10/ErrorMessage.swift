public import NIOCore

extension OpenFlow10 {
    /// What went wrong with a request (5.4.4, `ofp_error_msg`).
    public struct ErrorMessage: Hashable, Sendable {
        /// Which error.
        public var code: ErrorCode
        /// At least the first 64 bytes of the request, from its header on; for `ErrorType.helloFailed` a text.
        public var data: ByteBuffer

        /// Creates an error message.
        public init(code: ErrorCode, data: ByteBuffer) {
            self.code = code
            self.data = data
        }
    }

    /// The kind of an error (5.4.4, `ofp_error_type`).
    public struct ErrorType: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16

        /// Creates a kind from the number on the wire.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// No common version.
        public static let helloFailed = ErrorType(rawValue: 0)
        /// The request was not understood.
        public static let badRequest = ErrorType(rawValue: 1)
        /// An action was not understood or not possible.
        public static let badAction = ErrorType(rawValue: 2)
        /// The flow table did not change.
        public static let flowModFailed = ErrorType(rawValue: 3)
        /// The port did not change.
        public static let portModFailed = ErrorType(rawValue: 4)
        /// The queue operation failed.
        public static let queueOpFailed = ErrorType(rawValue: 5)
    }

    /// An error: its kind, and the code that the kind gives a meaning to.
    public struct ErrorCode: Hashable, Sendable {
        /// The kind.
        public var type: ErrorType
        /// The code, by which each kind means something else.
        public var code: UInt16

        /// Creates an error from the numbers on the wire.
        public init(type: ErrorType, code: UInt16) {
            self.type = type
            self.code = code
        }

        /// `OFPHFC_INCOMPATIBLE`.
        public static let helloIncompatible = ErrorCode(type: .helloFailed, code: 0)
        /// `OFPHFC_EPERM`.
        public static let helloNotPermitted = ErrorCode(type: .helloFailed, code: 1)

        /// `OFPBRC_BAD_VERSION`.
        public static let badVersion = ErrorCode(type: .badRequest, code: 0)
        /// `OFPBRC_BAD_TYPE`.
        public static let badType = ErrorCode(type: .badRequest, code: 1)
        /// `OFPBRC_BAD_STAT`.
        public static let badStats = ErrorCode(type: .badRequest, code: 2)
        /// `OFPBRC_BAD_VENDOR`.
        public static let badVendor = ErrorCode(type: .badRequest, code: 3)
        /// `OFPBRC_BAD_SUBTYPE`.
        public static let badSubtype = ErrorCode(type: .badRequest, code: 4)
        /// `OFPBRC_EPERM`.
        public static let requestNotPermitted = ErrorCode(type: .badRequest, code: 5)
        /// `OFPBRC_BAD_LEN`.
        public static let badLength = ErrorCode(type: .badRequest, code: 6)
        /// `OFPBRC_BUFFER_EMPTY`.
        public static let bufferEmpty = ErrorCode(type: .badRequest, code: 7)
        /// `OFPBRC_BUFFER_UNKNOWN`.
        public static let bufferUnknown = ErrorCode(type: .badRequest, code: 8)

        /// `OFPFMFC_ALL_TABLES_FULL`.
        public static let allTablesFull = ErrorCode(type: .flowModFailed, code: 0)
        /// `OFPFMFC_OVERLAP`.
        public static let overlap = ErrorCode(type: .flowModFailed, code: 1)
        /// `OFPFMFC_EPERM`.
        public static let flowModNotPermitted = ErrorCode(type: .flowModFailed, code: 2)
        /// `OFPFMFC_BAD_EMERG_TIMEOUT`.
        public static let badEmergencyTimeout = ErrorCode(type: .flowModFailed, code: 3)
        /// `OFPFMFC_BAD_COMMAND`.
        public static let badCommand = ErrorCode(type: .flowModFailed, code: 4)
        /// `OFPFMFC_UNSUPPORTED`.
        public static let unsupportedActionOrder = ErrorCode(type: .flowModFailed, code: 5)

        /// `OFPPMFC_BAD_PORT`.
        public static let badPort = ErrorCode(type: .portModFailed, code: 0)
        /// `OFPPMFC_BAD_HW_ADDR`.
        public static let badHWAddr = ErrorCode(type: .portModFailed, code: 1)
    }
}

extension OpenFlow10.ErrorCode: CustomStringConvertible {
    /// The specification's name, else the numbers.
    public var description: String {
        let names = Self.names[type] ?? []
        return code < names.count ? names[Int(code)] : "error type \(type.rawValue) code \(code)"
    }

    /// The names of each kind's codes, in the order of their numbers.
    private static let names: [OpenFlow10.ErrorType: [String]] = [
        .helloFailed: ["OFPHFC_INCOMPATIBLE", "OFPHFC_EPERM"],
        .badRequest: [
            "OFPBRC_BAD_VERSION", "OFPBRC_BAD_TYPE", "OFPBRC_BAD_STAT", "OFPBRC_BAD_VENDOR",
            "OFPBRC_BAD_SUBTYPE",
            "OFPBRC_EPERM", "OFPBRC_BAD_LEN", "OFPBRC_BUFFER_EMPTY", "OFPBRC_BUFFER_UNKNOWN",
        ],
        .badAction: [
            "OFPBAC_BAD_TYPE", "OFPBAC_BAD_LEN", "OFPBAC_BAD_VENDOR", "OFPBAC_BAD_VENDOR_TYPE",
            "OFPBAC_BAD_OUT_PORT", "OFPBAC_BAD_ARGUMENT", "OFPBAC_EPERM", "OFPBAC_TOO_MANY",
            "OFPBAC_BAD_QUEUE",
        ],
        .flowModFailed: [
            "OFPFMFC_ALL_TABLES_FULL", "OFPFMFC_OVERLAP", "OFPFMFC_EPERM", "OFPFMFC_BAD_EMERG_TIMEOUT",
            "OFPFMFC_BAD_COMMAND", "OFPFMFC_UNSUPPORTED",
        ],
        .portModFailed: ["OFPPMFC_BAD_PORT", "OFPPMFC_BAD_HW_ADDR"],
        .queueOpFailed: ["OFPQOFC_BAD_PORT", "OFPQOFC_BAD_QUEUE", "OFPQOFC_EPERM"],
    ]
}

extension OpenFlow10.ErrorMessage: WireStructure {
    init(from reader: inout WireReader) throws(OpenFlowError) {
        let type = OpenFlow10.ErrorType(rawValue: try reader.integer())
        code = OpenFlow10.ErrorCode(type: type, code: try reader.integer())
        data = reader.rest()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(code.type.rawValue, code.code)
        buffer.writeImmutableBuffer(data)
    }
}
