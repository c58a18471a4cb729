import Glibc

/// A thread of the operating system, for what waits in the kernel and must not hold a cooperative thread.
package struct SystemThread: Sendable {
    private let handle: pthread_t

    /// The body on its way to its thread.
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            // The macro that glibc asks for before it declares `pthread_setname_np` is not ours to set.
            let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            if file >= 0 {
                _ = write(file, name, name.utf8.count)
                close(file)
            }
            body()
        }
    }

    /// Starts a detached thread that runs `body` and ends.
    ///
    /// - Parameters:
    ///   - name: shown by `top -H` and debuggers, at most 15 bytes.
    ///   - body: all that the thread does.
    /// - Returns: the thread, or `nil` when the system cannot make one more (`EAGAIN`: a limit on threads or memory).
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) -> SystemThread? {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // The thread alone sees the retained reference, takes it over first thing and lets it go when it ends.
        let argument = Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        let code = pthread_create(
            &handle, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            return nil
        }
        return SystemThread(handle: handle)
    }

    /// Sends a signal to this thread, which must not have ended.
    package func send(_ signal: Int32) {
        pthread_kill(handle, signal)
    }
}
