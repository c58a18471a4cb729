/// Why a document cannot be read or written.
package struct XMLError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// No XML, or none that ends.
        case malformed
        /// A document type declaration: what it may bring with it, nobody here needs.
        case doctypeRefused = "doctype-refused"
        /// More bytes, elements or depth than allowed.
        case tooLarge = "too-large"
        /// A name or a character that XML 1.0 cannot carry.
        case unwritable
        case outOfMemory = "out-of-memory"
    }

    package var kind: Kind
    /// A constant sentence.
    package var message: String
    /// Where it was found, from 1; `nil` when writing, or where there is no place.
    package var line: Int?

    package init(_ kind: Kind, _ message: String, line: Int? = nil) {
        self.kind = kind
        self.message = message
        self.line = line
    }

    package var description: String {
        "\(kind.rawValue): \(message)\(line.map { " (line \($0))" } ?? "")"
    }
}
