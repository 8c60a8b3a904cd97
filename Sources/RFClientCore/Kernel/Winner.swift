import NetTypes
import RFLib

/// What is said of a prefix, in eight octets: one stands in the table for each prefix.
struct Winner: Hashable, Sendable {
    /// 0 for nothing; else the kind in bits 56 and up, the port in bits 48 to 55, the next hop's address below.
    private let rawValue: UInt64

    /// Nothing is said of the prefix.
    static let none = Winner(rawValue: 0)
    static let local = Winner(.local)
    static let punt = Winner(.punt)
    static let blackhole = Winner(.blackhole)

    private init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// A kind, and where to if it forwards.
    init(_ kind: RouteKind, port: UInt8 = 0, destination: MACAddress = .zero) {
        rawValue = Self.code(of: kind) << 56 | UInt64(port) << 48 | destination.rawValue
    }

    var kind: RouteKind? {
        switch rawValue >> 56 {
        case 1: .route
        case 2: .host
        case 3: .punt
        case 4: .blackhole
        case 5: .local
        default: nil
        }
    }

    var forwarding: Forwarding? {
        kind.map {
            Forwarding(
                $0, port: UInt16(rawValue >> 48 & 0xFF), destination: MACAddress(rawValue: rawValue))
        }
    }

    private static func code(of kind: RouteKind) -> UInt64 {
        switch kind {
        case .route: 1
        case .host: 2
        case .punt: 3
        case .blackhole: 4
        case .local: 5
        }
    }
}
