import RFTestKit

/// Something that takes bytes from outside, and what holds for all of them.
struct FuzzTarget: Sendable {
    /// Its name, and that of its folders in `corpus` and `cases`.
    let name: String
    /// The longest input that is worth trying.
    let longest: Int
    /// Takes an input. Throws a `Violation` where something does not hold; a trap is a find as well.
    let check: @Sendable (UnsafeRawBufferPointer) throws -> Void

    /// Every target.
    static let all: [FuzzTarget] = [
        openFlowStream, openFlowMessage, hostileSwitch, packet, mappingFrame, envelope, netlink, mappingFile,
        words,
    ]
}

extension FuzzTarget: CustomStringConvertible {
    var description: String { name }
}

/// Something that has to hold for every input does not hold for this one.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws a `Violation` unless the condition holds.
func expect(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws(Violation) {
    guard holds else { throw Violation(otherwise()) }
}

/// Random numbers that the input decides, so that each input is always tried in the same way.
func choices(by input: some Sequence<UInt8>) -> SplitMix64 {
    // FNV-1a.
    SplitMix64(seed: input.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
}
