import NIOCore
import OpenFlow

extension FuzzTarget {
    /// What comes over a connection: it is cut into the same messages however it is divided.
    static let openFlowStream = FuzzTarget(name: "openflow-stream", longest: 4096) { input in
        let stream = ByteBuffer(bytes: input)
        var random = choices(by: input)
        let whole = try cut([stream])
        let divided = try cut(divide(stream, &random))
        try expect(whole.frames == divided.frames, "cut at other places, there are other messages")
        try expect(
            whole.error == divided.error, "\(whole.error ?? "no error"), then \(divided.error ?? "none")")
        try checkLoss(whole, of: stream)
        for frame in whole.frames { try checkMessage(frame) }

        // A receiver with a bound takes the same messages, up to the first that is longer.
        let bound = Int.random(in: 0...64, using: &random)
        let bounded = try cut([stream], maximumLength: bound)
        let allowed = whole.frames.prefix { Int($0.header.length) <= bound }
        try expect(bounded.frames == Array(allowed), "a bound of \(bound) changes what comes before it")
    }
}

/// What a stream was cut into.
private struct Cut {
    var frames: [OpenFlowFrame] = []
    var error: String?
}

/// As rfproxy does it.
private func cut(_ pieces: [ByteBuffer], maximumLength: Int = Int(UInt16.max)) throws -> Cut {
    let processor = NIOSingleStepByteToMessageProcessor(OpenFlowFrameDecoder(maximumLength: maximumLength))
    var result = Cut()
    do {
        for piece in pieces { try processor.process(buffer: piece) { result.frames.append($0) } }
    } catch let error as OpenFlowError {
        result.error = "\(error)"
    }
    return result
}

private func divide(_ stream: ByteBuffer, _ random: inout some RandomNumberGenerator) -> [ByteBuffer] {
    var rest = stream
    var pieces: [ByteBuffer] = []
    let longest = Int.random(in: 1...64, using: &random)
    while let piece = rest.readSlice(
        length: min(rest.readableBytes, Int.random(in: 1...longest, using: &random))),
        piece.readableBytes > 0
    {
        // A buffer of its own, as each read from a socket is.
        pieces.append(ByteBuffer(bytes: piece.readableBytesView))
    }
    return pieces
}

/// The messages one behind the other are the stream, up to where it is wrong or ends in the middle of one.
private func checkLoss(_ cut: Cut, of stream: ByteBuffer) throws {
    var joined = ByteBuffer()
    for frame in cut.frames {
        try expect(
            frame.body.readableBytes + OpenFlowHeader.size == frame.header.length, "a body of another length")
        frame.header.encode(into: &joined)
        joined.writeImmutableBuffer(frame.body)
    }
    var rest = stream
    try expect(rest.readSlice(length: joined.readableBytes) == joined, "the messages are not the stream")
    guard cut.error == nil, let header = OpenFlowHeader(peeking: rest) else { return }
    try expect(rest.readableBytes < header.length, "a whole message was left")
}
