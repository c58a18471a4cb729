import Testing

@testable import Storage

@Suite("A landmark of a long archive")
struct FileServerLandmarkTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let chunks: [[UInt8]]
        let range: Range<Int64>?
        let bytes: [UInt8]
        var testDescription: String { "\(chunks.map(\.count))" }
    }

    static let zeros = [UInt8](repeating: 0, count: 10)

    @Test(
        "is its first bytes that are not zero",
        arguments: [
            Row(chunks: [], range: nil, bytes: []),
            Row(chunks: [zeros, [], zeros], range: nil, bytes: []),
            Row(chunks: [[7]], range: 0..<1, bytes: [7]),
            Row(chunks: [[], [7], [8]], range: 0..<1, bytes: [7]),
            Row(chunks: [zeros, [0, 0, 9, 0, 1], [2]], range: 12..<15, bytes: [9, 0, 1]),
            Row(chunks: [zeros + Array(1...30)], range: 10..<26, bytes: Array(1...16)),
        ])
    func finds(row: Row) {
        var landmark = FileServerLandmark()
        for chunk in row.chunks { landmark.pass(chunk) }
        #expect(landmark.range == row.range)
        #expect(landmark.bytes == row.bytes)
    }
}
