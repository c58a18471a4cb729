import Foundation

/// The store as boto3 sees it, which knows nothing of our code.
extension S3Account {
    /// Runs a Python script and returns what it printed.
    ///
    /// Its names: `s3`, a boto3 client of this account that asks for everything once; `client(service, **options)`,
    /// another one (`sts`, `iam`) with options of its own (`read_timeout=2`); `outcome(call, **parameters)`, "done" or
    /// what went wrong (`SlowDown`, `ReadTimeoutError`); `arguments`, the texts given; `show(value)` prints JSON, bytes as hexadecimal digits and times in
    /// ISO 8601; `sha256(stream)`, the digest of a body in hexadecimal digits.
    ///
    /// - Throws: `ChildProcess.Failure` with the traceback where it does not succeed.
    @discardableResult
    package func python(_ script: String, _ arguments: String...) async throws -> String {
        try await run(script, arguments)
    }

    /// The same; what it printed by `show` is decoded.
    package func python<Value: Decodable>(
        _ script: String, _ arguments: String..., as type: Value.Type
    ) async throws -> Value {
        try JSONDecoder().decode(type, from: Data(try await run(script, arguments).utf8))
    }

    private func run(_ script: String, _ arguments: [String]) async throws -> String {
        let environment = [
            "S3_ENDPOINT": endpoint, "S3_REGION": region, "S3_ACCESS_KEY": accessKey, "S3_SECRET_KEY": secretKey,
            "S3_SESSION_TOKEN": sessionToken ?? "", "S3_CA": authorities ?? "",
        ]
        return try await BotoServer.shared().run(script, arguments, environment)
    }
}
