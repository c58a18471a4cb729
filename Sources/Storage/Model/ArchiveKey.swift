/// Where an archive lies in a store: `[<prefix>/][<path>/]<task id>/<name>`, compared by UTF-8 bytes.
public struct ArchiveKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The key as text, NFC.
    public let text: String

    /// A key that has been validated; see `ArchiveKey.validated`.
    public init(trusted text: String) {
        self.text = text
    }

    /// The segments between the slashes.
    public var segments: [Substring] { text.split(separator: "/", omittingEmptySubsequences: false) }

    /// The key as text.
    public var description: String { text }

    /// Equal bytes.
    public static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    /// Byte order.
    public static func < (left: Self, right: Self) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }

    /// By bytes.
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
