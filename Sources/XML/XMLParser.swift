import CLibXML2

/// One run of libxml2 over one document, from its first byte to its last.
struct XMLParser {
    private var tree: XMLTree
    private var failure: XMLError?
    /// The library has each name of a document once: its address tells it.
    private var texts: [UnsafePointer<UInt8>: String] = [:]
    private var context: xmlParserCtxtPtr?

    private init(_ limits: XMLLimits) {
        tree = XMLTree(limits)
    }

    /// Sets the library up, once.
    private static let library: Void = xmlInitParser()

    static func parse(_ bytes: [UInt8], _ limits: XMLLimits) throws(XMLError) -> XMLElement {
        library
        var parser = XMLParser(limits)
        // The callbacks get this address back, and only within this call.
        let result = withUnsafeMutablePointer(to: &parser) { parser in
            Result { () throws(XMLError) in try run(parser, bytes) }
        }
        return try result.get()
    }

    private static func run(_ parser: UnsafeMutablePointer<XMLParser>, _ bytes: [UInt8]) throws(XMLError) -> XMLElement
    {
        var handler = Self.handler
        guard let context = xmlCreatePushParserCtxt(&handler, parser, nil, 0, nil) else {
            throw XMLError(.outOfMemory, "the parser has no memory")
        }
        defer { xmlFreeParserCtxt(context) }
        parser.pointee.context = context
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue))
        let code = bytes.withUnsafeBytes { raw in
            xmlParseChunk(context, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), 1)
        }
        if let failure = parser.pointee.failure { throw failure }
        guard code == 0, context.pointee.wellFormed == 1, context.pointee.nsWellFormed == 1,
            let root = parser.pointee.tree.root
        else {
            let line = xmlCtxtGetLastError(context).map { Int($0.pointee.line) } ?? 0
            throw XMLError(.malformed, "the document is no well-formed XML", line: line > 0 ? line : nil)
        }
        return root
    }

    private static var handler: xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = SHIM_XML_SAX2_MAGIC
        handler.internalSubset = { parser, _, _, _ in
            XMLParser.at(parser) { parser throws(XMLError) in
                throw XMLError(.doctypeRefused, "the document has a document type declaration")
            }
        }
        handler.startElementNs = { parser, name, _, namespace, _, _, _, _, _ in
            XMLParser.at(parser) { parser throws(XMLError) in
                try parser.tree.start(parser.text(name) ?? "", namespace: parser.text(namespace))
            }
        }
        handler.endElementNs = { parser, _, _, _ in
            XMLParser.at(parser) { parser throws(XMLError) in parser.tree.end() }
        }
        handler.characters = { parser, text, count in
            XMLParser.at(parser) { parser throws(XMLError) in
                parser.tree.add(UnsafeBufferPointer(start: text, count: Int(count)))
            }
        }
        handler.cdataBlock = handler.characters
        handler.ignorableWhitespace = handler.characters
        // Without one the library would write to our standard error.
        handler.serror = { _, _ in }
        return handler
    }

    /// Lets `body` see the parser that a callback belongs to; what it throws ends the parsing.
    private static func at(_ address: UnsafeMutableRawPointer?, _ body: (inout XMLParser) throws(XMLError) -> Void) {
        guard let parser = address?.assumingMemoryBound(to: XMLParser.self), parser.pointee.failure == nil else {
            return
        }
        do throws(XMLError) {
            try body(&parser.pointee)
        } catch {
            var error = error
            error.line = parser.pointee.context.map { Int(xmlSAX2GetLineNumber($0)) }
            parser.pointee.failure = error
            xmlStopParser(parser.pointee.context)
        }
    }

    private mutating func text(_ address: UnsafePointer<UInt8>?) -> String? {
        guard let address else { return nil }
        if let text = texts[address] { return text }
        let text = String(cString: address)
        texts[address] = text
        return text
    }
}
