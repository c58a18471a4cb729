#if SFTP
    import DriverConformance
    import SFTPDriver
    import Storage
    import StowageContract
    import TestSupport
    import Testing

    /// At the seam, over OpenSSH.
    @Suite("SFTP: files and folders of a real server", .timeLimit(.minutes(3)))
    struct SFTPServerTests {
        static let sizes: [Int64] = [0, 1, 32_768, 261_119, 261_120, 261_121, 524_288, 5_000_000]

        @Test("files of any size arrive, and so do parts of them")
        func roundTrip() async throws {
            let server = try await SSHServer.shared().connect()
            for size in Self.sizes {
                let bytes = GeneratedSource(size: size).bytes
                try await server.put("f\(size)", bytes)
                let entry = try #require(try await server.status("f\(size)"))
                #expect(entry.size == size && !entry.isFolder && entry.name == "f\(size)" && entry.modified != nil)
                #expect(try await server.get("f\(size)") == bytes)
                if size > 100 {
                    #expect(try await server.get("f\(size)", 10..<20) == Array(bytes[10..<20]))
                    #expect(try await server.get("f\(size)", (size - 3)..<size) == bytes.suffix(3))
                    #expect(try await server.get("f\(size)", 5..<5) == [])
                }
            }
            let entries = try #require(try await server.entries(""))
            #expect(Set(entries.map(\.name)) == Set(Self.sizes.map { "f\($0)" }))
            #expect(entries.allSatisfy { $0.name == "f\($0.size)" && $0.modified != nil })
            await server.close()
        }

        @Test("a body of many small pieces, and one without a size, arrive whole")
        func pieces() async throws {
            let server = try await SSHServer.shared().connect()
            let pieces = (0..<3000).map { number in [UInt8](repeating: UInt8(number & 255), count: 1 + number % 900) }
            try await server.upload("f", at: 0, size: nil, from: ScriptedBody(pieces.map { .bytes($0) }))
            #expect(try await server.get("f") == pieces.flatMap { $0 })
        }

        @Test("an upload goes on behind an offset, and nothing stays behind its end")
        func offset() async throws {
            let server = try await SSHServer.shared().connect()
            let bytes = GeneratedSource(size: 3_000_000).bytes
            try await server.put("f", Array(bytes[..<2_000_000]) + [UInt8](repeating: 7, count: 3_000_000))
            try await server.put("f", Array(bytes[2_000_000...]), at: 2_000_000)
            #expect(try await server.get("f") == bytes)
            try await server.put("f", [1, 2, 3])
            #expect(try await server.get("f") == [1, 2, 3])
            let hole = try await storageError { try await server.put("f", [4], at: 10) }
            #expect(hole.code == .unavailable)
            #expect(try await server.get("f") == [1, 2, 3])
            #expect(try await storageError { try await server.put("none", [4], at: 10) }.code == .notFound)
            #expect(try await server.status("none") == nil)
        }

        static let names = [
            "a.bin", "ü b+c%20.bin", "100% & more=less?#;.bin", "-leading ' \" \\ \u{1F4BE}.bin", "~", "[x]*?{y}",
            "e\u{301}", "\u{E9}", " ", "…", String(repeating: "n", count: 255),
        ]

        @Test("any name that a path may have arrives as it is")
        func names() async throws {
            let server = try await SSHServer.shared().connect()
            for (index, name) in Self.names.enumerated() {
                #expect(try await server.makeFolder(name))
                try await server.put(name + "/" + name, [UInt8(index)])
                #expect(try await server.get(name + "/" + name) == [UInt8(index)])
                #expect(try await server.entries(name)?.map(\.name) == [name])
                try await server.move(name + "/" + name, to: name + "/moved", replacing: false)
                #expect(try await server.remove(name + "/moved"))
            }
            #expect(
                Set(try #require(try await server.entries("")).map { Array($0.name.utf8) })
                    == Set(Self.names.map { Array($0.utf8) }))
        }

        @Test(
            "a path with a control character, or that leads elsewhere, reaches no server",
            arguments: [
                "a\nb", "a\rb", "a\0b", "\u{7F}", "\u{85}", "..", "a/../b", "a//b", ".", "/a",
            ])
        func hostilePaths(path: String) async throws {
            let server = try await SSHServer.shared().connect()
            #expect(try await storageError { try await server.status(path) }.code == .invalidTask)
            #expect(try await storageError { try await server.put(path, [1]) }.code == .invalidTask)
            #expect(
                try await storageError { try await server.move("a", to: path, replacing: true) }.code == .invalidTask)
        }

        @Test("folders are made once, and removed when they are empty")
        func folders() async throws {
            let server = try await SSHServer.shared().connect()
            #expect(try await server.entries("d") == nil)
            #expect(try await server.status("d") == nil)
            #expect(try await server.makeFolder("d"))
            #expect(try await server.makeFolder("d") == false)
            #expect(try await storageError { try await server.makeFolder("none/d") }.code == .notFound)
            #expect(try await server.entries("d") == [])
            try await server.put("d/f", [1])
            #expect(try await server.makeFolder("d/f") == false)
            #expect(try await storageError { try await server.removeFolder("d") }.code == .conflict)
            #expect(try await server.entries("d/f") == nil)
            #expect(try await server.remove("d/f"))
            #expect(try await server.remove("d/f") == false)
            #expect(try await server.removeFolder("d"))
            #expect(try await server.removeFolder("d") == false)
            #expect(try await storageError { try await server.get("d") }.code == .notFound)
            #expect(try await storageError { try await server.put("d/f", [1]) }.code == .notFound)
            #expect(try await storageError { try await server.get("") }.code == .notFound)
        }

        @Test("of many who make a folder or move to a name at once one succeeds")
        func races() async throws {
            let server = try await SSHServer.shared().connect(connections: 8)
            for round in 0..<20 {
                let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 { group.addTask { try await server.makeFolder("d\(round)") } }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(made == 1)
                let moved = try await withThrowingTaskGroup(of: UInt8?.self) { group in
                    for number: UInt8 in 0..<8 {
                        group.addTask {
                            try await server.put("s\(number)", [number])
                            do {
                                try await server.move("s\(number)", to: "d\(round)/t", replacing: false)
                                return number
                            } catch let error as StorageError where error.code == .conflict {
                                return nil
                            }
                        }
                    }
                    return try await group.reduce(into: [UInt8]()) { if let number = $1 { $0.append(number) } }
                }
                #expect(moved.count == 1)
                #expect(try await server.get("d\(round)/t") == moved)
            }
        }

        @Test("a folder that comes and goes meanwhile is made, or stood there, and is no failure")
        func comingAndGoing() async throws {
            let server = try await SSHServer.shared().connect(connections: 4)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<200 {
                            guard try await server.makeFolder("d") else { continue }
                            #expect(try await server.removeFolder("d"))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await server.status("d") == nil)
        }

        @Test("a move replaces only where it is asked to, and says what is missing")
        func moves() async throws {
            let server = try await SSHServer.shared().connect()
            _ = try await server.makeFolder("d")
            try await server.put("a", [1])
            try await server.put("b", [2])
            #expect(try await storageError { try await server.move("a", to: "b", replacing: false) }.code == .conflict)
            #expect(try await server.get("b") == [2])
            #expect(try await storageError { try await server.move("a", to: "d", replacing: false) }.code == .conflict)
            try await server.move("a", to: "d/a", replacing: false)
            #expect(try await server.status("a") == nil)
            #expect(try await server.get("d/a") == [1])
            try await server.move("d/a", to: "b", replacing: true)
            #expect(try await server.get("b") == [1])
            for replacing in [false, true] {
                let missing = try await storageError { try await server.move("none", to: "b", replacing: replacing) }
                #expect(missing.code == .notFound)
                let nowhere = try await storageError { try await server.move("b", to: "x/y", replacing: replacing) }
                #expect(nowhere.code == .notFound)
            }
            #expect(try await server.get("b") == [1])
        }

        @Test("a link is what it leads to, and leads nowhere where it does not")
        func links() async throws {
            let ssh = try await SSHServer.shared()
            let folder = ssh.folder()
            let server = try await ssh.connect { $0.path = folder }
            try await server.put("f", [1, 2, 3])
            _ = try await server.makeFolder("d")
            let disk = ssh.root + folder.dropFirst("/lab".count)
            _ = try await ChildProcess.run(["ln", "-s", "f", disk + "/to-file"])
            _ = try await ChildProcess.run(["ln", "-s", "d", disk + "/to-folder"])
            _ = try await ChildProcess.run(["ln", "-s", "gone", disk + "/to-nothing"])
            _ = try await ChildProcess.run(["bash", "-c", "touch \"$1\"/$'bad\\nname' \"$1\"/$'\\xff'", "bash", disk])
            let entries = try #require(try await server.entries(""))
            #expect(Set(entries.map(\.name)) == ["f", "d", "to-file", "to-folder"])
            #expect(entries.first { $0.name == "to-file" }?.size == 3)
            #expect(entries.first { $0.name == "to-folder" }?.isFolder == true)
            #expect(try await server.status("to-nothing") == nil)
            #expect(
                try await storageError { try await server.move("f", to: "to-nothing", replacing: false) }.code
                    == .conflict)
        }

        @Test("a folder of many entries is told whole")
        func manyEntries() async throws {
            let ssh = try await SSHServer.shared()
            let folder = ssh.folder()
            let server = try await ssh.connect { $0.path = folder }
            let disk = ssh.root + folder.dropFirst("/lab".count)
            _ = try await ChildProcess.run(["bash", "-c", "cd \"$1\" && touch f{1..1234}", "bash", disk])
            #expect(try await server.entries("")?.count == 1234)
        }

        @Test("what it declares is what OpenSSH can do, and room is told")
        func facts() async throws {
            let server = try await SSHServer.shared().connect()
            #expect(server.facts.resumes && server.facts.resumesOnlyExisting && server.facts.readsRanges)
            #expect(server.facts.tellsRoom && !server.facts.digests && server.facts.durability == .file)
            let room = try await server.room()
            let (total, free, used) = (room.totalBytes ?? 0, room.freeBytes ?? 0, room.usedBytes ?? 0)
            #expect(total > free && free > 0 && used > 0 && used < total)
            try await server.probe()
        }

        @Test("missing folders of the path are made, and a path that is a file cannot be used")
        func path() async throws {
            let ssh = try await SSHServer.shared()
            let folder = ssh.folder()
            let server = try await ssh.connect { $0.path = folder + "/a/b/" }
            try await server.put("f", [1])
            #expect(try await ssh.connect { $0.path = folder }.get("a/b/f") == [1])
            let error = try await storageError { try await ssh.connect { $0.path = folder + "/a/b/f/c" } }
            #expect(error.code == .notFound || error.code == .unexpected, "\(error)")
            let refused = try await storageError { try await ssh.connect { $0.path = "/elsewhere" } }
            #expect(refused.code == .permissionDenied)
        }

        @Test("a body that is not read to its end gives its connection back")
        func unread() async throws {
            let server = try await SSHServer.shared().connect(connections: 1)
            try await server.put("f", GeneratedSource(size: 20 << 20).bytes)
            for _ in 0..<3 {
                let body = try await server.read("f", range: nil)
                #expect(try await body.next()?.isEmpty == false)
                await body.close()
                #expect(try await body.next() == nil)
            }
            do {
                // Nobody closes this one.
                let body = try await server.read("f", range: nil)
                #expect(try await body.next() != nil)
            }
            #expect(try await server.status("f")?.size == 20 << 20)
        }

        @Test("a probe does not wait for those who use every connection")
        func probe() async throws {
            let server = try await SSHServer.shared().connect(connections: 1)
            try await server.put("f", GeneratedSource(size: 1 << 20).bytes)
            let body = try await server.read("f", range: nil)
            try await server.probe()
            await body.close()
        }
    }
#endif
