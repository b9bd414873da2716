import Glibc

/// Identifies the calling thread.
func currentThread() -> UInt { UInt(pthread_self()) }

/// Lets other threads run for a moment.
func pause() { usleep(500) }

/// Lets this process open only as many files as it has open already.
func forbidMoreFiles() {
    let next = dup(0)
    close(next)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = rlim_t(next)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}
