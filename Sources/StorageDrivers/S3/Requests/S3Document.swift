import Storage
import StowageContract
import XML

/// The documents that are sent and that come back.
enum S3Document {
    /// The most bytes of one that comes back.
    static let mostBytes = 16 << 20

    static func read(_ bytes: [UInt8]) throws(StorageError) -> XMLElement {
        do throws(XMLError) {
            return try XMLElement(parsing: bytes, limits: XMLLimits(bytes: mostBytes))
        } catch {
            throw StorageError(
                .unavailable, .transient(after: nil), "the answer of the store is no document",
                context: ["problem": error.message])
        }
    }

    static func make(
        _ root: String, _ body: (inout XMLWriter) throws(XMLError) -> Void
    ) throws(StorageError) -> [UInt8] {
        do throws(XMLError) {
            return try XMLWriter.document(root, namespace: "http://s3.amazonaws.com/doc/2006-03-01/", body)
        } catch {
            throw StorageError(
                .unexpected, .permanent, "a request cannot be written", context: ["problem": error.message])
        }
    }
}
