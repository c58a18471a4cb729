import Transfer
import XML

/// What a store says of a request that failed.
struct S3Failure: Sendable {
    var code: String
    var message: String?
    var requestID: String?
    /// Where the bucket is, when it is elsewhere.
    var region: String?
    /// Whether the document is an error as a whole.
    let isWhole: Bool

    /// The failure in a document; `nil`: there is none in it.
    init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, let root = try? S3Document.read(bytes) else { return nil }
        // Some stores put the error into a document of its own.
        let error = root.name == "Error" ? root : root["Errors"]?["Error"] ?? root["Error"]
        guard let error, let code = error["Code"]?.text else { return nil }
        self.code = code
        self.message = error["Message"]?.text
        self.requestID = error["RequestId"]?.text
        self.region = error["Region"]?.text
        self.isWhole = root.name == "Error"
    }

    init(code: String, message: String? = nil) {
        self.code = code
        self.message = message
        self.isWhole = true
    }
}
