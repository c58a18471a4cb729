import ServiceRuntime

/// The text of a shared credentials file: profiles in brackets, with names and values below; pure.
///
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
enum CredentialsFile {
    /// What stands under `[profile]`; `nil`: no such profile, or it lacks one of the two keys.
    ///
    /// Where a name comes twice, the last one counts.
    static func credentials(in text: String, profile: String) -> S3Credentials? {
        var isWithin = false
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("[") {
                isWithin = line.hasSuffix("]") && line.dropFirst().dropLast().trimmed == profile
            } else if isWithin, let equals = line.firstIndex(of: "=") {
                values[line[..<equals].trimmed.lowercased()] = line[line.index(after: equals)...].trimmed
            }
        }
        guard let accessKey = values["aws_access_key_id"], !accessKey.isEmpty,
            let secretKey = values["aws_secret_access_key"], !secretKey.isEmpty
        else { return nil }
        let token = values["aws_session_token"].flatMap { $0.isEmpty ? nil : Secret($0) }
        return S3Credentials(accessKey: accessKey, secretKey: Secret(secretKey), sessionToken: token)
    }
}

extension StringProtocol {
    /// Without white space at its ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
