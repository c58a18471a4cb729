import Glibc
import Sharing

/// An FTP server in memory that misbehaves where a test says so; plain, passive, one user.
package final class ScriptedFTPServer: Sendable {
    /// What happens to a command instead of what it asks for.
    package enum Fault: Sendable {
        /// Nothing is done.
        case answer(String)
        /// It is done, and answered so.
        case doneButAnswered(String)
        /// It is done, and the control connection ends without an answer.
        case doneAndGone
        /// An upload: so many bytes are taken, then the data connection is reset; answered so, or not at all.
        case cut(after: Int, answered: String?)
        /// An upload: so many bytes are kept of it, and it is answered as if it were complete.
        case keeps(Int)
        /// It is done, and never answered.
        case silent
    }

    package typealias Script = @Sendable (_ verb: String, _ argument: String) -> Fault?

    /// Files by path; a folder is `nil`.
    package let files = Watched<[String: [UInt8]?]>(["/": nil])
    /// As they came.
    package let commands = Watched<[String]>([])
    private let server: ScriptedServer

    package var port: Int { server.port }
    package var accepted: Int { server.accepted.value }

    package init(_ script: @escaping Script = { _, _ in nil }) throws {
        let (files, commands) = (files, commands)
        server = try ScriptedServer { connection in
            try Talk(connection, files, commands, script).run()
        }
    }
}

/// One control connection, on its own thread.
private final class Talk {
    private let connection: Connection
    private let files: Watched<[String: [UInt8]?]>
    private let commands: Watched<[String]>
    private let script: ScriptedFTPServer.Script
    private var listener: Int32 = -1
    private var offset = 0
    private var renamed: String?

    init(
        _ connection: Connection, _ files: Watched<[String: [UInt8]?]>, _ commands: Watched<[String]>,
        _ script: @escaping ScriptedFTPServer.Script
    ) {
        self.connection = connection
        self.files = files
        self.commands = commands
        self.script = script
    }

    deinit { if listener >= 0 { close(listener) } }

    func run() throws {
        try connection.send("220 scripted\r\n")
        while true {
            let line = try connection.readLine()
            commands.change { $0.append(line) }
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            let (verb, argument) = (words.first ?? "", words.count > 1 ? words[1] : "")
            let fault = script(verb, argument)
            if case .answer(let text) = fault {
                try connection.send(text + "\r\n")
                if text.hasPrefix("421") { return }
                continue
            }
            let answer = try act(verb, argument, fault)
            switch fault {
            case .doneAndGone, .cut(_, nil): return
            case .silent: return connection.waitForClose()
            case .doneButAnswered(let text), .cut(_, let text?): try connection.send(text + "\r\n")
            default: try connection.send(answer + "\r\n")
            }
        }
    }

    private func act(_ verb: String, _ path: String, _ fault: ScriptedFTPServer.Fault?) throws -> String {
        switch verb {
        case "USER": return "331 yes?"
        case "PASS": return "230 welcome"
        case "PWD": return "257 \"/\""
        case "FEAT": return "211-\r\n MLST type*;size*;modify*;\r\n REST STREAM\r\n UTF8\r\n211 End"
        case "TYPE", "NOOP", "OPTS": return "200 so be it"
        case "EPSV":
            let port = Int(try TestPorts.reserve(1))
            if listener >= 0 { close(listener) }
            listener = try Loopback.listen(on: port, backlog: 1)
            return "229 (|||\(port)|)"
        case "PASV":
            let port = Int(try TestPorts.reserve(1))
            if listener >= 0 { close(listener) }
            listener = try Loopback.listen(on: port, backlog: 1)
            // Somebody else's address.
            return "227 Entering Passive Mode (192,0,2,7,\(port >> 8),\(port & 255))"
        case "REST":
            offset = Int(path) ?? 0
            return "350 go on"
        case "STOR": return try store(path, fault)
        case "RETR":
            guard case .some(.some(let bytes)) = files.value[path] else { return "550 No such file" }
            return try give(Array(bytes.dropFirst(offset)))
        case "MLSD":
            guard case .some(.none) = files.value[path] else { return "550 No such folder" }
            let front = path == "/" ? "/" : path + "/"
            let lines = files.value.filter { $0.key != path && $0.key.hasPrefix(front) }
                .map { (String($0.key.dropFirst(front.count)), $0.value) }.filter { !$0.0.contains("/") }
                .map { facts($0.1) + " " + $0.0 + "\r\n" }
            return try give(Array(lines.joined().utf8))
        case "MLST":
            guard let file = files.value[path] else { return "550 No such file" }
            return "250-\r\n \(facts(file)) \(path)\r\n250 End"
        case "MKD":
            let made = files.change { files in
                guard files[path] == nil else { return false }
                files[path] = .some(nil)
                return true
            }
            return made ? "257 made" : "550 File exists"
        case "RMD", "DELE":
            return files.change { $0.removeValue(forKey: path) } == nil ? "550 No such file" : "250 gone"
        case "RNFR":
            renamed = path
            return files.value[path] == nil ? "550 No such file" : "350 to what?"
        case "RNTO":
            guard let renamed else { return "503 what?" }
            files.change { $0[path] = $0.removeValue(forKey: renamed) }
            return "250 renamed"
        default: return "500 what?"
        }
    }

    private func facts(_ file: [UInt8]?) -> String {
        guard let file else { return "type=dir;modify=20261121200000;" }
        return "type=file;size=\(file.count);modify=20261121200000;"
    }

    private func store(_ path: String, _ fault: ScriptedFTPServer.Fault?) throws -> String {
        try connection.send("150 send\r\n")
        let data = try accepted()
        defer { close(data) }
        var most = Int.max
        if case .cut(let after, _) = fault { most = after }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < most {
            let count = recv(data, &buffer, buffer.count, 0)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        if most < .max {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(data, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        }
        if case .keeps(let count) = fault { bytes = Array(bytes.prefix(count)) }
        let (kept, offset) = (bytes, offset)
        self.offset = 0
        files.change { files in
            let before = (files[path] ?? nil) ?? []
            files[path] = Array(before.prefix(offset)) + kept
        }
        return "226 taken"
    }

    private func give(_ bytes: [UInt8]) throws -> String {
        try connection.send("150 here\r\n")
        let data = try accepted()
        defer { close(data) }
        offset = 0
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(data, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return "426 gone" }
            sent += count
        }
        return "226 given"
    }

    private func accepted() throws -> Int32 {
        let data = accept(listener, nil, nil)
        guard data >= 0 else { throw Connection.Gone() }
        return data
    }
}
