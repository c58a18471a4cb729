/// What a server says of itself before anything is asked, and the limits that it tells when asked.
struct SFTPGreeting: Sendable, Equatable {
    /// Of the protocol: 3 for all that we understand.
    var version: UInt32
    /// Names of extensions with what the server says to each.
    var extensions: [String: String] = [:]

    init(version: UInt32, extensions: [String: String] = [:]) {
        self.version = version
        self.extensions = extensions
    }

    /// Reads a packet without its length; `nil`: it is no greeting.
    init?(_ packet: [UInt8]) {
        var reader = WireReader(packet)
        do throws(WireReader.Short) {
            guard try reader.byte() == 2 else { return nil }
            version = try reader.uint32()
            while !reader.isAtEnd {
                let name = String(decoding: try reader.text(), as: UTF8.self)
                extensions[name] = String(decoding: try reader.text(), as: UTF8.self)
            }
        } catch {
            return nil
        }
    }

    var flushes: Bool { extensions["fsync@openssh.com"] == "1" }
    var replaces: Bool { extensions["posix-rename@openssh.com"] == "1" }
    var links: Bool { extensions["hardlink@openssh.com"] == "1" }
    var tellsRoom: Bool { extensions["statvfs@openssh.com"] == "2" }
    var tellsLimits: Bool { extensions["limits@openssh.com"] == "1" }
}

/// How many bytes one request may ask for or bring.
struct SFTPLimits: Sendable, Equatable {
    /// What every server takes (draft §3).
    var readBytes = 32_768
    var writeBytes = 32_768

    /// More than OpenSSH allows is never asked for: no single answer shall need more memory.
    private static let most = 255 << 10

    init() {}

    /// From the answer to `limits@openssh.com`; where it says nothing, or nonsense, what every server takes.
    init(_ answer: ArraySlice<UInt8>) {
        var reader = WireReader(answer)
        guard (try? reader.uint64()) != nil, let read = try? reader.uint64(), let write = try? reader.uint64() else {
            return
        }
        readBytes = Self.sensible(read) ?? readBytes
        writeBytes = Self.sensible(write) ?? writeBytes
    }

    private static func sensible(_ bytes: UInt64) -> Int? {
        bytes < 1024 ? nil : Int(min(bytes, UInt64(most)))
    }
}

/// How much room a server says that there is.
struct SFTPRoom: Sendable, Equatable {
    var totalBytes: Int64
    var usedBytes: Int64
    /// For the user that we are.
    var freeBytes: Int64
    /// Whether files can still be made.
    var hasNames: Bool

    /// From the answer to `statvfs@openssh.com`; `nil`: it is none.
    init?(_ answer: ArraySlice<UInt8>) {
        var reader = WireReader(answer)
        var numbers: [UInt64] = []
        for _ in 0..<11 {
            guard let number = try? reader.uint64() else { return nil }
            numbers.append(number)
        }
        let (unit, blocks, free, available) = (numbers[1], numbers[2], numbers[3], numbers[4])
        totalBytes = Self.product(unit, blocks)
        usedBytes = Self.product(unit, blocks < free ? 0 : blocks - free)
        freeBytes = Self.product(unit, available)
        hasNames = numbers[5] == 0 || numbers[7] > 0
    }

    private static func product(_ unit: UInt64, _ count: UInt64) -> Int64 {
        let (bytes, isTooMuch) = unit.multipliedReportingOverflow(by: count)
        return isTooMuch || bytes > UInt64(Int64.max) ? .max : Int64(bytes)
    }
}
