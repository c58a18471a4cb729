#if SFTP
    import Testing

    @testable import SFTPDriver

    /// Packets byte by byte (draft-ietf-secsh-filexfer-02; OpenSSH's `PROTOCOL` for the extensions).
    @Suite("SFTP: packets")
    struct SFTPCodecTests {
        struct Row: Sendable {
            var request: SFTPRequest
            /// Behind length and type and the number 7.
            var body: [UInt8]
            var type: UInt8
        }

        private static func text(_ text: String) -> [UInt8] {
            let bytes = Array(text.utf8)
            return [0, 0, 0, UInt8(bytes.count)] + bytes
        }

        static let rows = [
            Row(
                request: .open("/a", [.write, .create, .truncate]), body: text("/a") + [0, 0, 0, 26, 0, 0, 0, 0],
                type: 3),
            Row(request: .open("/ü", .read), body: text("/ü") + [0, 0, 0, 1, 0, 0, 0, 0], type: 3),
            Row(request: .close([9, 0]), body: [0, 0, 0, 2, 9, 0], type: 4),
            Row(
                request: .read([9], offset: 0x0102_0304_0506_0708, count: 0x0001_0203),
                body: [0, 0, 0, 1, 9, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3], type: 5),
            Row(
                request: .write([9], offset: 1, [1, 2, 3, 4][1...2]),
                body: [0, 0, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 2, 3], type: 6),
            Row(request: .status("/a", followingLinks: false), body: text("/a"), type: 7),
            Row(request: .status("/a", followingLinks: true), body: text("/a"), type: 17),
            Row(request: .statusOfHandle([9]), body: [0, 0, 0, 1, 9], type: 8),
            Row(
                request: .setSize([9], 258), body: [0, 0, 0, 1, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2], type: 10),
            Row(request: .openFolder("/a"), body: text("/a"), type: 11),
            Row(request: .readFolder([9]), body: [0, 0, 0, 1, 9], type: 12),
            Row(request: .remove("/a"), body: text("/a"), type: 13),
            Row(request: .makeFolder("/a"), body: text("/a") + [0, 0, 0, 0], type: 14),
            Row(request: .removeFolder("/a"), body: text("/a"), type: 15),
            Row(request: .rename("/a", "/b"), body: text("/a") + text("/b"), type: 18),
            Row(request: .flush([9]), body: text("fsync@openssh.com") + [0, 0, 0, 1, 9], type: 200),
            Row(
                request: .replace("/a", "/b"), body: text("posix-rename@openssh.com") + text("/a") + text("/b"),
                type: 200),
            Row(request: .link("/a", "/b"), body: text("hardlink@openssh.com") + text("/a") + text("/b"), type: 200),
            Row(request: .room("/a"), body: text("statvfs@openssh.com") + text("/a"), type: 200),
            Row(request: .limits, body: text("limits@openssh.com"), type: 200),
        ]

        @Test("a request is these bytes", arguments: rows)
        func requests(row: Row) {
            let packet = row.request.packet(7)
            let length = UInt8(packet.count - 4)
            #expect(packet == [0, 0, 0, length, row.type, 0, 0, 0, 7] + row.body)
        }

        @Test("answers are read")
        func replies() {
            let name: [UInt8] = [0, 0, 0, 2, 0x61, 0xFF]
            let line: [UInt8] = [0, 0, 0, 4] + Array("drwx".utf8)
            let all: [UInt8] = [0x80, 0, 0, 0x0F]
            let attributes: [UInt8] =
                all + [0, 0, 0, 0, 0, 0, 1, 0] + [0, 0, 0, 1, 0, 0, 0, 2] + [0, 0, 0x81, 0xA4]
                + [0, 0, 0, 5, 0, 0, 0, 6] + [0, 0, 0, 1] + Self.text("x") + Self.text("y")
            let read = SFTPAttributes(size: 256, mode: 0o100644, modified: 6)
            let table: [([UInt8], SFTPReply)] = [
                (
                    [101, 0, 0, 0, 7, 0, 0, 0, 4] + Self.text("Failure") + Self.text(""),
                    .status(SFTPStatus(code: 4, message: "Failure"))
                ),
                ([101, 0, 0, 0, 7, 0, 0, 0, 0], .status(SFTPStatus(code: 0))),
                ([102, 0, 0, 0, 7, 0, 0, 0, 2, 9, 0], .handle([9, 0])),
                ([103, 0, 0, 0, 7, 0, 0, 0, 2, 1, 2], .data([1, 2])),
                ([105, 0, 0, 0, 7] + attributes, .attributes(read)),
                (
                    [104, 0, 0, 0, 7, 0, 0, 0, 2] + name + line + attributes + name + line + [0, 0, 0, 0],
                    .names([
                        SFTPReply.Name(bytes: [0x61, 0xFF], attributes: read),
                        SFTPReply.Name(bytes: [0x61, 0xFF], attributes: SFTPAttributes(mode: 0o040000)),
                    ])
                ),
                ([201, 0, 0, 0, 7, 1, 2], .extended([1, 2])),
            ]
            for (packet, reply) in table {
                let found = SFTPReply.read(packet)
                #expect(found?.id == 7 && found?.reply == reply)
            }
            #expect(read.kind == .file && SFTPAttributes(mode: 0o040755).kind == .folder)
            #expect(SFTPAttributes(mode: 0o120777).kind == .link && SFTPAttributes(mode: 0o644).kind == nil)
        }

        @Test("no answer that is cut short, and no other packet, is taken for one")
        func hostile() {
            let whole: [[UInt8]] = [
                [102, 0, 0, 0, 7, 0, 0, 0, 2, 9, 0], [103, 0, 0, 0, 7, 0, 0, 0, 2, 1, 2],
                [104, 0, 0, 0, 7, 0, 0, 0, 1] + Self.text("a") + Self.text("-") + [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
                [105, 0, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0, 1], [101, 0, 0, 0, 7, 0, 0, 0, 4],
            ]
            for packet in whole {
                #expect(SFTPReply.read(packet) != nil)
                for count in 0..<packet.count { #expect(SFTPReply.read(Array(packet[..<count])) == nil) }
            }
            // Lengths and counts that promise more than there can be.
            #expect(SFTPReply.read([103, 0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF, 1]) == nil)
            #expect(SFTPReply.read([104, 0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
            #expect(SFTPReply.read([102, 0, 0, 0, 7, 0, 0, 1, 1] + [UInt8](repeating: 0, count: 257)) == nil)
            for type: UInt8 in [0, 1, 2, 6, 106, 200, 255] { #expect(SFTPReply.read([type, 0, 0, 0, 7, 0]) == nil) }
        }

        @Test("a greeting tells what the server can do")
        func greeting() {
            let packet: [UInt8] =
                [2, 0, 0, 0, 3] + Self.text("fsync@openssh.com") + Self.text("1") + Self.text("statvfs@openssh.com")
                + Self.text("2") + Self.text("hardlink@openssh.com") + Self.text("2")
            let greeting = SFTPGreeting(packet)
            #expect(greeting?.flushes == true && greeting?.tellsRoom == true)
            // Another version of an extension is another extension.
            #expect(greeting?.links == false && greeting?.replaces == false && greeting?.tellsLimits == false)
            #expect(SFTPGreeting([2, 0, 0, 0]) == nil && SFTPGreeting([101, 0, 0, 0, 3]) == nil)
            #expect(SFTPGreeting(Array(packet.dropLast())) == nil)
        }

        @Test("limits and room are believed within reason")
        func numbers() {
            func numbers(_ values: UInt64...) -> ArraySlice<UInt8> {
                values.flatMap { value in withUnsafeBytes(of: value.bigEndian) { Array($0) } }[...]
            }
            let limits = SFTPLimits(numbers(262_144, 261_120, 100_000, 0))
            #expect(limits.readBytes == 261_120 && limits.writeBytes == 100_000)
            let absurd = SFTPLimits(numbers(.max, .max, 0, 0))
            #expect(absurd.readBytes == 261_120 && absurd.writeBytes == 32_768)
            #expect(SFTPLimits([1, 2, 3]) == SFTPLimits())
            let room = SFTPRoom(numbers(1, 4096, 100, 30, 20, 10, 5, 5, 0, 0, 255))
            #expect(room?.totalBytes == 409_600 && room?.usedBytes == 286_720 && room?.freeBytes == 81_920)
            #expect(room?.hasNames == true)
            #expect(SFTPRoom(numbers(1, 4096, 100, 30, 20, 10, 0, 0, 0, 0, 255))?.hasNames == false)
            #expect(SFTPRoom(numbers(1, .max, .max, 200, .max, 0, 0, 0, 0, 0, 0))?.freeBytes == .max)
            #expect(SFTPRoom(numbers(1, 1, 1, 2, 1, 0, 0, 0, 0, 0, 0))?.usedBytes == 0)
            #expect(SFTPRoom(numbers(1, 2)) == nil)
        }

        @Test("a stream is cut into packets wherever it breaks", arguments: [1, 2, 3, 5, 100])
        func assembly(step: Int) throws {
            let stream: [UInt8] = [0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 1, 4, 0, 0, 0, 2, 5]
            var assembly = PacketAssembly()
            var (position, packets) = (0, [[UInt8]]())
            for end in stride(from: step, through: stream.count + step, by: step) {
                while let packet = try assembly.next({ memory in
                    let count = min(memory.count, min(end, stream.count) - position)
                    memory.copyBytes(from: stream[position..<(position + count)])
                    position += count
                    return count
                }) {
                    packets.append(packet)
                }
            }
            #expect(packets == [[1, 2, 3], [4]])
        }

        @Test(
            "a length that no packet has ends the stream",
            arguments: [[0, 0, 0, 0], [0, 16, 0, 1], [255, 255, 255, 255]])
        func absurdLength(head: [UInt8]) {
            var assembly = PacketAssembly()
            #expect(throws: PacketAssembly.Malformed.self) {
                try assembly.next { memory in
                    memory.copyBytes(from: head)
                    return 4
                }
            }
        }
    }
#endif
