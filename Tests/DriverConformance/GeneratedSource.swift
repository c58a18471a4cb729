import Sharing
import Cryptography
package import Storage
import StowageContract

/// Bytes that are made when they are read, the same for the same seed, and kept by nobody.
package struct GeneratedSource: ArchiveSource {
    let size: Int64
    let seed: UInt64

    package init(size: Int64, seed: UInt64 = 1) {
        self.size = size
        self.seed = seed
    }

    package func open() async throws(StorageError) -> any ArchiveBody { GeneratedBody(size: size, seed: seed) }

    /// 64 hexadecimal digits.
    package var sha256: String {
        var hasher = SHA256Hasher()
        var generator = ChunkGenerator(seed: seed, left: size)
        while let chunk = generator.next() { hasher.update(chunk) }
        return hasher.finalize().hexadecimal
    }

    /// All of them.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var generator = ChunkGenerator(seed: seed, left: size)
        while let chunk = generator.next() { bytes += chunk }
        return bytes
    }
}

private final class GeneratedBody: ArchiveBody {
    let size: Int64?
    private let generator: Guarded<ChunkGenerator>

    init(size: Int64, seed: UInt64) {
        self.size = size
        self.generator = Guarded(ChunkGenerator(seed: seed, left: size))
    }

    func next() async throws(StorageError) -> [UInt8]? { generator.withLock { $0.next() } }

    func close() async {}
}

private struct ChunkGenerator {
    private var state: UInt64
    private var left: Int64

    init(seed: UInt64, left: Int64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        self.left = left
    }

    mutating func next() -> [UInt8]? {
        guard left > 0 else { return nil }
        let count = Int(min(left, 1 << 20))
        left -= Int64(count)
        let words = (count + 7) / 8
        let numbers = [UInt64](unsafeUninitializedCapacity: words) { buffer, initialized in
            for index in 0..<words {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                buffer[index] = state
            }
            initialized = words
        }
        return numbers.withUnsafeBytes { Array($0.prefix(count)) }
    }
}
