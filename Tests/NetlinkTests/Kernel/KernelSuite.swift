import Testing

/// What the real kernel says, each test in a network namespace of its own.
@Suite(.timeLimit(.minutes(5)))
struct KernelTests {}
