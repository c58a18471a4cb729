/// What a server answers.
enum SFTPReply: Sendable, Equatable {
    /// One entry of a folder.
    struct Name: Sendable, Equatable {
        /// As the server has it, in whatever encoding.
        var bytes: [UInt8]
        var attributes: SFTPAttributes
    }

    case status(SFTPStatus)
    case handle([UInt8])
    case data(ArraySlice<UInt8>)
    case names([Name])
    case attributes(SFTPAttributes)
    /// The answer to an extension, behind the request's number.
    case extended(ArraySlice<UInt8>)

    /// Reads a packet without its length; `nil`: it is none that a client can get.
    static func read(_ packet: [UInt8]) -> (id: UInt32, reply: SFTPReply)? {
        var reader = WireReader(packet)
        do throws(WireReader.Short) {
            let type = try reader.byte()
            let id = try reader.uint32()
            return try read(type, &reader, packet).map { (id, $0) }
        } catch {
            return nil
        }
    }

    private static func read(
        _ type: UInt8, _ reader: inout WireReader, _ packet: [UInt8]
    ) throws(WireReader.Short) -> SFTPReply? {
        switch type {
        case 101:
            let code = try reader.uint32()
            // Text and language are missing from some servers' answers.
            let message = (try? reader.text()) ?? []
            return .status(SFTPStatus(code: code, message: String(decoding: message, as: UTF8.self)))
        case 102:
            let handle = try reader.text()
            // The draft's limit; ours is that every request carries it.
            return handle.count <= 256 ? .handle(Array(handle)) : nil
        case 103: return .data(try reader.text())
        case 104:
            var names: [Name] = []
            for _ in 0..<(try reader.uint32()) {
                let bytes = Array(try reader.text())
                let line = try reader.text()
                var attributes = try SFTPAttributes(from: &reader)
                // Without a mode the line of `ls -l` is all that tells a folder from a file.
                if attributes.kind == nil, let first = line.first { attributes.mode = mode(ofLine: first) }
                names.append(Name(bytes: bytes, attributes: attributes))
            }
            return .names(names)
        case 105: return .attributes(try SFTPAttributes(from: &reader))
        case 201: return .extended(packet[5...])
        default: return nil
        }
    }

    private static func mode(ofLine first: UInt8) -> UInt32? {
        switch first {
        case UInt8(ascii: "d"): 0o040000
        case UInt8(ascii: "l"): 0o120000
        case UInt8(ascii: "-"): 0o100000
        default: nil
        }
    }
}

/// How a request ended.
struct SFTPStatus: Sendable, Equatable {
    var code: UInt32
    /// In the server's words, which nobody has looked through.
    var message = ""

    static let ok: UInt32 = 0
    static let end: UInt32 = 1
    static let noSuchFile: UInt32 = 2
    static let permissionDenied: UInt32 = 3
    /// All that has no number of its own: a full disk, a name that is taken, a folder that is not empty.
    static let failure: UInt32 = 4
    static let badMessage: UInt32 = 5
    static let noConnection: UInt32 = 6
    static let connectionLost: UInt32 = 7
    static let unsupported: UInt32 = 8
    // Of later versions, and sent by some servers all the same.
    static let noSuchPath: UInt32 = 10
    static let alreadyExists: UInt32 = 11
    static let writeProtected: UInt32 = 12
    static let noSpace: UInt32 = 14
    static let quotaExceeded: UInt32 = 15
    static let folderNotEmpty: UInt32 = 18
}
