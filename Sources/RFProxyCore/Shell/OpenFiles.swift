#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How many files this process may have open; each connection is one.
///
/// A process that may have no more cannot even accept a connection in order to close it.
enum OpenFiles {
    /// Lets there be so many, as far as the system allows it. Returns how many there may be.
    static func allow(_ count: UInt) -> UInt {
        #if canImport(Glibc)
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let kind = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return 0 }
        guard limit.rlim_cur < count else { return UInt(limit.rlim_cur) }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        guard setrlimit(kind, &limit) == 0, getrlimit(kind, &limit) == 0 else { return 0 }
        return UInt(limit.rlim_cur)
    }
}
