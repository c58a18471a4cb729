import Transfer

/// Reads digests that servers computed; pure.
enum FTPDigest {
    /// 64 hexadecimal digits in lower case; `nil`: none, or more than one.
    ///
    /// `needsName`: the reply has to say that it is SHA-256, as `HASH` does: another client may have chosen another algorithm.
    static func sha256(_ reply: FTPReply, needsName: Bool) -> String? {
        guard let line = reply.lines.last else { return nil }
        let words = line.split(separator: " ")
        if needsName, !words.prefix(2).contains(where: { $0.uppercased() == "SHA-256" }) { return nil }
        let digests = words.prefix(3).filter { word in
            word.utf8.count == 64
                && word.utf8.allSatisfy { byte in
                    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
                        || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f")
                }
        }
        return digests.count == 1 ? digests[0].lowercased() : nil
    }
}
