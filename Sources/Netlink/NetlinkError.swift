#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What went wrong between this module and the kernel.
public struct NetlinkError: Error, Hashable, Sendable, Codable {
    /// What was being done.
    public enum Code: String, Hashable, Sendable, Codable {
        /// A socket, an eventfd or a thread could not be made or set up.
        case setup
        /// A request could not be sent.
        case send
        /// Nothing could be received.
        case receive
        /// The kernel refused a request.
        case refused
        /// The kernel's tables kept changing under a dump.
        case interrupted
        /// A message could not be understood.
        case malformed
        /// A setting of the machine could not be read, written or verified.
        case setting
        /// A program that is needed could not be run, or failed.
        case program
    }

    /// What was being done.
    public var code: Code
    /// The system's error number, taken at the moment of failure; 0 where there is none.
    public var errno: Int32
    /// One line for people: what failed, and the remedy where there is one.
    public var message: String

    /// Creates an error.
    public init(_ code: Code, errno: Int32 = 0, _ message: String) {
        self.code = code
        self.errno = errno
        self.message = message
    }

    /// An error of the system call that has just failed, with `errno` as it is now.
    static func system(_ code: Code, _ message: String) -> NetlinkError {
        NetlinkError(code, errno: currentErrno, message)
    }
}

extension NetlinkError: CustomStringConvertible {
    /// The message, and the system's words for the error number.
    public var description: String {
        errno == 0 ? message : "\(message): \(String(cString: strerror(errno)))"
    }
}

/// The thread's error number; read it before anything else is called.
var currentErrno: Int32 {
    #if canImport(Glibc)
    Glibc.errno
    #else
    Musl.errno
    #endif
}
