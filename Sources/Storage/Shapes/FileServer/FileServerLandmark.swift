/// A place in a long archive whose bytes tell whether what stands before the last segment is the archive's.
///
/// Where a server makes a new file instead of refusing to go on with one that is gone, the new one is nothing but zeros up to
/// there. So the first bytes that are not zero tell, wherever they are; an archive without any is the same with a hole in it.
struct FileServerLandmark: Sendable {
    private static let mostBytes = 16

    private(set) var offset: Int64 = 0
    private(set) var bytes: [UInt8] = []

    /// Where to read; `nil`: there is nothing but zeros.
    var range: Range<Int64>? { bytes.isEmpty ? nil : offset..<offset + Int64(bytes.count) }

    /// Takes the next bytes of the archive.
    mutating func pass(_ chunk: [UInt8]) {
        guard bytes.isEmpty else { return }
        guard let first = chunk.firstIndex(where: { $0 != 0 }) else {
            offset += Int64(chunk.count)
            return
        }
        offset += Int64(first)
        bytes = Array(chunk[first...].prefix(Self.mostBytes))
    }
}
