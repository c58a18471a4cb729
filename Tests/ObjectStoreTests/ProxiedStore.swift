import TestSupport

/// A proxy in front of the shared store, an account that goes through it, and one that does not.
struct ProxiedStore {
    var proxy: FaultProxy
    var account: S3Account
    var direct: S3Account
    var bucket: String

    init() async throws {
        direct = try await RGWServer.shared().account
        bucket = try await direct.makeBucket()
        proxy = try FaultProxy(to: direct.endpoint)
        account = direct.by(proxy.endpoint)
    }

    /// Stores "content" under "key" by boto3; returns "done" or what went wrong.
    func put(_ key: String = "key") async throws -> String {
        try await account.python(
            """
            client = client("s3", read_timeout=3)
            print(outcome(client.put_object, Bucket=arguments[0], Key=arguments[1], Body=b"content"))
            """, bucket, key)
    }
}
