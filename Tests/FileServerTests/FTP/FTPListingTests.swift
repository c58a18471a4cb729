import Storage
@testable import StorageDrivers
import StowageContract
import Testing
import Transfer

@Suite("what FTP servers write about files")
struct FTPListingTests {
    private static let now = Timestamp("2026-11-21T22:00:00Z") ?? Timestamp(millisecondsSinceEpoch: 0)

    struct Line: Sendable {
        var text: String
        var entry: FileEntry?
        var isLink = false

        init(_ text: String, _ name: String, _ size: Int64?, _ time: String?, isLink: Bool = false) {
            self.text = text
            self.isLink = isLink
            entry = FileEntry(
                name: name, isFolder: size == nil, size: size ?? 0, modified: time.flatMap { Timestamp($0) })
        }

        init(nothing text: String) { self.text = text }
    }

    static let listed: [Line] = [
        Line("-rw-r--r--    1 2000     2000         1234 Nov 21 21:00 file", "file", 1234, "2026-11-21T21:00:00Z"),
        Line("-rw-r--r--    1 lab      lab             0 Jan  3 2025 old", "old", 0, "2025-01-03T00:00:00Z"),
        // Not yet this year: the one before.
        Line("-rw-r--r--    1 lab      lab             5 Dec 24 08:30 x", "x", 5, "2025-12-24T08:30:00Z"),
        // A server whose clock is ahead.
        Line("-rw-r--r--    1 lab      lab             5 Nov 22 09:30 x", "x", 5, "2026-11-22T09:30:00Z"),
        Line("-rw-r--r--    1 lab      lab             5 Feb 29 2024 x", "x", 5, "2024-02-29T00:00:00Z"),
        Line(
            "-rw-r--r-- 1 lab lab 7 Nov 21 21:00 a name  with blanks ", "a name  with blanks ", 7,
            "2026-11-21T21:00:00Z"),
        Line("-rw-r--r-- 1 lab lab 7 Nov 21 21:00   leading", "  leading", 7, "2026-11-21T21:00:00Z"),
        Line("-rw-r--r-- 1 lab lab 7 Nov 21 21:00 Nov 21 21:00", "Nov 21 21:00", 7, "2026-11-21T21:00:00Z"),
        Line("-rw-r--r-- 1 may dec 7 Nov 21 21:00 file", "file", 7, "2026-11-21T21:00:00Z"),
        Line(
            "-rw-r--r--   1 owner 99999999999 Nov 21 21:00 no group", "no group", 99_999_999_999, "2026-11-21T21:00:00Z"
        ),
        Line("-rw-r--r--   1 CORP\\some user group 12 Nov 21 21:00 f", "f", 12, "2026-11-21T21:00:00Z"),
        Line("drwxr-xr-x+   2 lab      lab          4096 Nov 21 21:00 folder", "folder", nil, "2026-11-21T21:00:00Z"),
        Line("lrwxrwxrwx   1 lab lab 4 Nov 21 21:00 link -> file", "link", 4, "2026-11-21T21:00:00Z", isLink: true),
        Line("-rw-r--r-- 1 lab lab 4 Nov 21 21:00 no -> link", "no -> link", 4, "2026-11-21T21:00:00Z"),
        Line("-rw-r--r-- 1 lab lab 4 Nov 21 21:00 grüße 日本", "grüße 日本", 4, "2026-11-21T21:00:00Z"),
        Line("11-21-26  09:05PM       <DIR>          a folder", "a folder", nil, "2026-11-21T21:05:00Z"),
        Line("11-21-2026  12:05AM              1234 a file", "a file", 1234, "2026-11-21T00:05:00Z"),
        Line("01-02-98  12:00PM                 1 x", "x", 1, "1998-01-02T12:00:00Z"),
        Line(nothing: "total 12"), Line(nothing: ""), Line(nothing: "-rw-r--r--"),
        Line(nothing: "drwx no listing at all"),
        Line(nothing: "prw-r--r-- 1 lab lab 0 Nov 21 21:00 pipe"), Line(nothing: "ls: cannot access x: No such file"),
        Line(nothing: "-rw-r--r-- 1 lab lab -4 Nov 21 21:00 x"), Line(nothing: "-rw-r--r-- 1 lab lab 4 Nov 21 21:00"),
        Line(nothing: "550 no"), Line(nothing: "99-99"),
    ]

    @Test("lines of LIST", arguments: listed)
    func lists(line: Line) {
        let found = FTPListing.entry(line.text, now: Self.now)
        #expect(found?.entry == line.entry)
        #expect(found?.isLink ?? false == line.isLink)
    }

    static let told: [Line] = [
        Line(
            "modify=20261121214732;perm=adfrw;size=100000;type=file;unique=FE00UFDA42F; a b ", "a b ", 100_000,
            "2026-11-21T21:47:32Z"),
        Line("Type=Dir;Modify=20261121214732.123; x", "x", nil, "2026-11-21T21:47:32Z"),
        Line("size=3;type=FILE; =;=", "=;=", 3, nil),
        Line("type=OS.unix=slink:/x;size=4; l", "l", 0, nil, isLink: true),
        Line("type=OS.unix=symlink; l", "l", 0, nil, isLink: true),
        Line(nothing: "type=cdir; ."), Line(nothing: "type=pdir; .."), Line(nothing: "type=file; no-size"),
        Line(nothing: "size=3; no-type"), Line(nothing: "type=file;size=-3; x"), Line(nothing: ""), Line(nothing: "x"),
        Line(nothing: "type=OS.unix=chr-1/2; device"),
    ]

    @Test("lines of MLSD", arguments: told)
    func tells(line: Line) {
        let found = FTPFacts.entry(line.text)
        #expect(found?.entry == line.entry)
        #expect(found?.isLink ?? false == line.isLink)
    }

    @Test("the line of MLST is found among the others, whatever name stands in it")
    func status() {
        let lines = [
            "Start of list for /a b;type=dir;", " modify=20261121214732;size=5;type=file; /x/a b", "End of list",
        ]
        let file = FTPFacts.status(lines, name: "a b")
        #expect(file?.entry.name == "a b" && file?.entry.size == 5)
        #expect(FTPFacts.status([" Type=cdir; /x", ""], name: "x")?.entry.isFolder == true)
        #expect(FTPFacts.status(["File status okay"], name: "x") == nil)
    }

    @Test("features")
    func features() {
        let lines = [
            "Features:", " HASH CRC32;MD5;SHA-1*;SHA-256;", " MLST modify*;perm*;size*;type*;", " REST STREAM", " UTF8",
            "End",
        ]
        let features = FTPFeatures(FTPReply(code: 211, lines: lines))
        #expect(features.tellsFacts && features.restarts && features.isUTF8 && features.digest == .hash)
        let less = FTPFeatures(FTPReply(code: 211, lines: ["Features:", "XSHA256", " MLST perm*;", "End"]))
        #expect(!less.tellsFacts && !less.restarts && !less.isUTF8 && less.digest == .xsha256)
        #expect(FTPFeatures(FTPReply(code: 502, lines: ["REST STREAM"])) == FTPFeatures())
    }

    @Test(
        "digests",
        arguments: [
            ("SHA-256 0-5 \(String(repeating: "aB", count: 32)) /a b", true, true),
            (String(repeating: "0", count: 64), false, true),
            ("SHA-1 0-5 \(String(repeating: "0", count: 40)) x", true, false),
            (String(repeating: "0", count: 64), true, false),
            ("SHA-256 0-5 \(String(repeating: "g", count: 64)) x", true, false), ("", false, false),
        ])
    func digests(line: String, needsName: Bool, isOne: Bool) {
        let digest = FTPDigest.sha256(FTPReply(code: 213, lines: ["Computing", line]), needsName: needsName)
        #expect((digest != nil) == isOne)
        if let digest { #expect(digest == digest.lowercased() && digest.utf8.count == 64) }
    }

    @Test("room")
    func room() {
        #expect(FTPRoom.available(FTPReply(code: 213, lines: ["12345"])) == StoreCapacity(freeBytes: 12345))
        #expect(FTPRoom.available(FTPReply(code: 500, lines: ["12345"])) == nil)
        let lines = ["The current quota for this session are [current/limit]:", "  Uploaded bytes:\t1024.00/4096.00"]
        #expect(
            FTPRoom.quota(FTPReply(code: 200, lines: lines))
                == StoreCapacity(totalBytes: 4096, usedBytes: 1024, freeBytes: 3072))
        let over = FTPRoom.quota(FTPReply(code: 200, lines: ["Uploaded Kb: 5.00/4.00"]))
        #expect(over == StoreCapacity(totalBytes: 4096, usedBytes: 5120, freeBytes: 0))
        for text in ["Uploaded bytes: 1024.00/unlimited", "Uploaded bytes: nan/inf", "Uploaded files: 1/2", ""] {
            #expect(FTPRoom.quota(FTPReply(code: 200, lines: [text])) == nil)
        }
    }

    @Test(
        "which names are odd",
        arguments: [
            ("a/t/b", []), ("a*b/t/c", [.asteriskInFolder]), ("a/t/c*", []), ("a/t/b\\c", [.backslash]),
            ("a\\b/t/c", [.backslash]), ("a /t/c", [.blankAtEnd]), (" a/t/ c d", []), ("t/c ", [.blankAtEnd]),
            ("*\\ /t/x", [.asteriskInFolder, .backslash, .blankAtEnd]),
        ] as [(String, [FTPOddity])])
    func oddities(path: String, expected: [FTPOddity]) {
        #expect(FTPOddity.all(in: path) == expected)
    }
}
