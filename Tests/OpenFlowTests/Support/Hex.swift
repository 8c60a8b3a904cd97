import NIOCore

extension ByteBuffer {
    /// Bytes from hexadecimal digits with spaces and line breaks anywhere between; the word `0*20` is 20 zero bytes.
    init(hex: String) {
        var bytes: [UInt8] = []
        for word in hex.split(whereSeparator: \.isWhitespace) {
            if word.hasPrefix("0*"), let count = Int(word.dropFirst(2)) {
                bytes += Array(repeating: 0, count: count)
            } else {
                let digits = word.compactMap(\.hexDigitValue).map(UInt8.init)
                precondition(
                    digits.count == word.count && digits.count % 2 == 0, "no hexadecimal bytes: \(word)")
                bytes += stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
            }
        }
        self.init(bytes: bytes)
    }

    var bytes: [UInt8] { Array(readableBytesView) }
}
