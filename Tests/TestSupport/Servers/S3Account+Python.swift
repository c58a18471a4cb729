import Foundation

/// The store as boto3 sees it, which knows nothing of our code.
extension S3Account {
    /// Runs a Python script and returns what it printed.
    ///
    /// Its names: `s3`, a boto3 client of this account that asks for everything once; `client(service)`, another one
    /// (`sts`, `iam`); `arguments`, the texts given; `show(value)` prints JSON, bytes as hexadecimal digits and times in
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
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.prelude + script + "\n", to: "script.py")
        let environment = [
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true", "PYTHONDONTWRITEBYTECODE": "1",
            "S3_ENDPOINT": endpoint, "S3_REGION": region, "S3_ACCESS_KEY": accessKey, "S3_SECRET_KEY": secretKey,
            "S3_SESSION_TOKEN": sessionToken ?? "", "S3_CA": authorities ?? "",
        ]
        return try await ChildProcess.run([Checkout.python, file] + arguments, environment)
    }

    private static let prelude = """
        import boto3, hashlib, json, os, sys
        from botocore.config import Config
        from botocore.exceptions import ClientError

        arguments = sys.argv[1:]

        def client(service):
            # Checksums only where asked for: Ceph 16 refuses the trailing ones that boto3 sends over HTTPS by itself.
            config = Config(
                s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, signature_version="s3v4",
                request_checksum_calculation="when_required", response_checksum_validation="when_required",
                connect_timeout=10, read_timeout=60)
            if service != "s3":
                config = Config(retries={"total_max_attempts": 1})
            return boto3.client(
                service, endpoint_url=os.environ["S3_ENDPOINT"], region_name=os.environ["S3_REGION"],
                aws_access_key_id=os.environ["S3_ACCESS_KEY"], aws_secret_access_key=os.environ["S3_SECRET_KEY"],
                aws_session_token=os.environ["S3_SESSION_TOKEN"] or None, verify=os.environ["S3_CA"] or None,
                config=config)

        def show(value):
            def plain(value):
                if isinstance(value, bytes):
                    return value.hex()
                return value.isoformat()
            print(json.dumps(value, default=plain))

        def sha256(stream):
            digest = hashlib.sha256()
            for chunk in iter(lambda: stream.read(1 << 20), b""):
                digest.update(chunk)
            return digest.hexdigest()

        s3 = client("s3")

        """
}
