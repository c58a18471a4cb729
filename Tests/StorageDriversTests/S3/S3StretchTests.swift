import Storage
import Testing
import XML

@testable import StorageDrivers

@Suite("Stretches of a bucket")
struct S3StretchTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var folders: [String]
        var prefix: String
        var start: String
        var limit = 128

        var testDescription: String { folders.joined(separator: " ") }
    }

    @Test(
        "begin before the first folder, and have what all begin with",
        arguments: [
            Row(folders: ["a/t-1/"], prefix: "a/t-1/", start: "a/t-1/"),
            Row(folders: ["a/t-2/", "a/t-1/", "a/t-3/"], prefix: "a/t-", start: "a/t-1/"),
            Row(folders: ["b/", "a/"], prefix: "", start: "a/"),
            Row(folders: ["t-1/", "t-10/"], prefix: "t-1", start: "t-1/"),
            // é and ê share their first byte.
            Row(folders: ["x\u{E9}/", "x\u{EA}/"], prefix: "x", start: "x\u{E9}/"),
            Row(folders: (0..<100).map { "t-\($0 + 100)/" }, prefix: "t-1", start: "t-100/", limit: 800),
            Row(folders: (0..<300).map { "t-\($0 + 100)/" }, prefix: "t-", start: "t-100/", limit: 1000),
        ])
    func stretch(row: Row) {
        let stretch = S3Stretch(row.folders)
        #expect(stretch.prefix == row.prefix && stretch.start == row.start && stretch.limit == row.limit)
    }

    @Test("a page that is not the last shows only folders that end before its last key")
    func shown() throws {
        let page = try S3Page.test(["t-1/a", "t-2/.stowage.json", "t-2/a", "t-3/a"], isLast: false)
        #expect(S3Stretch.entries(of: "t-0/", on: page)?.map(\.key) == [])
        #expect(S3Stretch.entries(of: "t-2/", on: page)?.map(\.key) == ["t-2/.stowage.json", "t-2/a"])
        #expect(S3Stretch.entries(of: "t-25/", on: page)?.map(\.key) == [])
        for folder in ["t-3/", "t-30/", "t-4/"] { #expect(S3Stretch.entries(of: folder, on: page) == nil) }
        let last = try S3Page.test(["t-1/a", "t-3/a"], isLast: true)
        #expect(S3Stretch.entries(of: "t-3/", on: last)?.map(\.key) == ["t-3/a"])
        #expect(S3Stretch.entries(of: "t-4/", on: last)?.map(\.key) == [])
        #expect(S3Stretch.entries(of: "t-4/", on: try S3Page.test([], isLast: false)) == nil)
    }

    @Test("keys in another order than that of their bytes make no stretch")
    func order() throws {
        #expect(S3Stretch.isOrdered(try S3Page.test(["a", "a", "b"], isLast: true)))
        #expect(!S3Stretch.isOrdered(try S3Page.test(["b", "a"], isLast: true)))
    }
}

extension S3Page {
    /// A page with these keys.
    static func test(_ keys: [String], isLast: Bool) throws -> S3Page {
        let contents = keys.map {
            "<Contents><Key>\($0)</Key><LastModified>2026-11-21T00:00:00.000Z</LastModified></Contents>"
        }
        let end =
            "<IsTruncated>\(!isLast)</IsTruncated>"
            + (isLast ? "" : "<NextContinuationToken>t</NextContinuationToken>")
        let text = "<ListBucketResult>\(contents.joined())\(end)</ListBucketResult>"
        return try S3Page(objects: try S3Document.read(Array(text.utf8)))
    }
}
