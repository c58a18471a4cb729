import Storage
import StowageContract
import Testing

extension FileServerPromise {
    static let folders: [FileServerPromise] = [
        FileServerPromise("a folder is made once, below one that is there") {
            (server: any FileServer) async throws -> Void in
            #expect(try await server.makeFolder("new"))
            #expect(try await !server.makeFolder("new"))
            let code1 = await code { () throws(StorageError) in _ = try await server.makeFolder("no/such") }
            #expect(code1 == .notFound)
            #expect(try await server.status("new")?.isFolder == true)
            #expect(try await server.makeFolder("new/inner"))
            #expect(try await server.entries("new")?.map(\.name) == ["inner"])
        },
        FileServerPromise("of 16 who make one folder, one has made it") {
            (server: any FileServer) async throws -> Void in
            for round in 0..<4 {
                let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<16 { group.addTask { try await server.makeFolder("raced-\(round)") } }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(made == 1)
            }
        },
        FileServerPromise("only an empty folder is removed, and once") {
            (server: any FileServer) async throws -> Void in
            _ = try await server.makeFolder("full")
            try await server.put("full/file", [1])
            let code2 = await code { () throws(StorageError) in _ = try await server.removeFolder("full") }
            #expect(code2 == .conflict)
            #expect(try await server.get("full/file") == [1])
            #expect(try await server.remove("full/file"))
            #expect(try await server.removeFolder("full"))
            #expect(try await !server.removeFolder("full"))
            #expect(try await server.status("full") == nil)
        },
        FileServerPromise("a folder tells everything in it, and one that is not there is none") {
            (server: any FileServer) async throws -> Void in
            #expect(try await server.entries("none") == nil)
            #expect(try await server.entries("none/inner") == nil)
            _ = try await server.makeFolder("many")
            #expect(try await server.entries("many") == [])
            _ = try await server.makeFolder("many/folder")
            for number in 0..<40 { try await server.put("many/file \(number)", [UInt8](repeating: 1, count: number)) }
            let entries = try #require(try await server.entries("many"))
            #expect(entries.count == 41)
            for number in 0..<40 {
                let entry = entries.first { $0.name == "file \(number)" }
                #expect(entry?.size == Int64(number) && entry?.isFolder == false)
            }
            #expect(entries.first { $0.name == "folder" }?.isFolder == true)
            #expect(try await server.entries("")?.contains { $0.name == "many" && $0.isFolder } == true)
        },
    ]
}
