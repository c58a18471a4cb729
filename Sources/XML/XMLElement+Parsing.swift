extension XMLElement {
    /// The outermost element of a document.
    ///
    /// Nothing outside of `bytes` is looked at, and nothing inside stands for more than itself: a document type declaration
    /// is refused where it begins. The five entities of XML and numeric references are understood.
    /// - Throws: why it is no such document.
    package init(parsing bytes: [UInt8], limits: XMLLimits) throws(XMLError) {
        guard bytes.count <= limits.bytes, bytes.count <= Int(Int32.max) else {
            throw XMLError(.tooLarge, "the document has more bytes than allowed")
        }
        guard !bytes.isEmpty else { throw XMLError(.malformed, "the document is empty") }
        self = try XMLParser.parse(bytes, limits)
    }
}
