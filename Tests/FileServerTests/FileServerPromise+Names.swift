import Storage
import StowageContract
import Testing

extension FileServerPromise {
    /// What a name may have on the way through shells, URLs, listings and patterns.
    private static let odd = [
        " in front", "in  side", "-rf", "~", "~root", "a%2Fb", "a%b", "100%", "#hash", "question?", "[ab]", "{a,b}",
        "*", "quote\"d", "it's", "back\\slash", "semi;colon", "a&b", "a+b", "a=b", "a:b", "a@b", "<tag>", "$HOME",
        "`ls`",
        "ünïcödé",
        "日本語", "e\u{301}", "...", "..a", "name.tar.gz;type=a", "CON", "a|b", "a,b", "!bang",
    ]

    static let names: [FileServerPromise] = [
        FileServerPromise("a name arrives as it is, of files and of folders") {
            (server: any FileServer) async throws -> Void in
            for name in odd {
                do throws(StorageError) {
                    let isMade = try await server.makeFolder("f" + name)
                    #expect(isMade, "\(name)")
                } catch {
                    // ProFTPD and Pure-FTPd make no such folders, and say so.
                    guard error.code == .invalidTask, ["*", "back\\slash"].contains(name) else { throw error }
                    continue
                }
                _ = try? await server.makeFolder(name)
                try await server.put("f" + name + "/" + name, Array(name.utf8))
                #expect(try await server.entries("f" + name)?.map(\.name) == [name], "\(name)")
                #expect(try await server.status("f" + name + "/" + name)?.size == Int64(name.utf8.count), "\(name)")
                try await server.move("f" + name + "/" + name, to: "f" + name + "/2" + name, replacing: false)
                #expect(try await server.get("f" + name + "/2" + name) == Array(name.utf8), "\(name)")
                #expect(try await server.remove("f" + name + "/2" + name), "\(name)")
                #expect(try await server.removeFolder("f" + name), "\(name)")
            }
        },
        FileServerPromise("a name may have 255 bytes, and a path many folders") {
            (server: any FileServer) async throws -> Void in
            let long = String(repeating: "n", count: 255)
            try await server.put(long, [1])
            #expect(try await server.get(long) == [1])
            var path = ""
            for _ in 0..<12 {
                path += (path.isEmpty ? "" : "/") + String(repeating: "d", count: 60)
                #expect(try await server.makeFolder(path))
            }
            try await server.put(path + "/file", [2])
            #expect(try await server.get(path + "/file") == [2])
        },
    ]
}
