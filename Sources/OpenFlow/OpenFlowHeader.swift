public import NIOCore

/// The number of a version of the protocol as headers carry it: 1 for 1.0, 4 for 1.3, 5 for 1.4.
public struct OpenFlowVersion: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt8

    /// Creates a version from the number on the wire; any number is one.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// OpenFlow 1.0.
    public static let v10 = OpenFlowVersion(rawValue: 1)
}

extension OpenFlowVersion: Comparable {
    /// In numeric order: of two peers' highest versions both speak the lower (OpenFlow 1.0.0, 5.5.1).
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The eight bytes that begin each message of each version (OpenFlow 1.0.0, 5.1, `ofp_header`).
public struct OpenFlowHeader: Hashable, Sendable {
    /// The number of bytes of a header.
    public static let size = 8

    /// The version of the message that follows.
    public var version: OpenFlowVersion
    /// The type of the message; its meaning depends on the version.
    public var type: UInt8
    /// The bytes of the message, header included.
    public var length: UInt16
    /// The transaction: a reply carries the one of its request.
    public var xid: UInt32

    /// Creates a header; `length` counts the header too.
    public init(version: OpenFlowVersion, type: UInt8, length: UInt16, xid: UInt32) {
        self.version = version
        self.type = type
        self.length = length
        self.xid = xid
    }

    /// The header at the buffer's reader index, which stays; nil if there are fewer than eight bytes.
    public init?(peeking buffer: ByteBuffer) {
        guard
            let (version, type, length, xid) = buffer.getMultipleIntegers(
                at: buffer.readerIndex, as: (UInt8, UInt8, UInt16, UInt32).self)
        else { return nil }
        self.init(version: OpenFlowVersion(rawValue: version), type: type, length: length, xid: xid)
    }

    /// Appends the header in network byte order.
    public func encode(into buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(version.rawValue, type, length, xid)
    }
}
