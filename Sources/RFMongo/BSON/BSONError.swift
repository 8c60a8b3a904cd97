/// Why some bytes are not the document that was expected, in one line.
struct BSONError: Error, Hashable, Sendable {
    /// For people; begins with the name of the field, where there is one.
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    /// The same, said of a field that holds what failed.
    func inside(_ field: StaticString) -> BSONError {
        BSONError("\(field): \(reason)")
    }
}
