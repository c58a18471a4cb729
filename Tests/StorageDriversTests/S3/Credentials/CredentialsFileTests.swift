import ServiceRuntime
import Storage
import StowageContract
import Testing
import TestSupport

@testable import StorageDrivers

@Suite("Shared credentials files", .timeLimit(.minutes(1)))
struct CredentialsFileTests {
    static let file = """
        # comment
        [default]
        aws_access_key_id=AKID
        aws_secret_access_key = se=cr/et+ 

          [ other ]
        AWS_ACCESS_KEY_ID = OTHER
        aws_secret_access_key=old
        ; comment
        aws_secret_access_key=new
        aws_session_token=
        region=eu-central-1
        [lent]\r
        aws_access_key_id=LENT\r
        aws_secret_access_key=x\r
        aws_session_token=to=ken==\r
        [half]
        aws_access_key_id=HALF
        [empty]
        aws_access_key_id=
        aws_secret_access_key=x
        [broken
        aws_access_key_id=B
        aws_secret_access_key=B
        """

    @Test("a profile has its keys, and a token where it is lent")
    func profiles() {
        func read(_ profile: String) -> S3Credentials? { CredentialsFile.credentials(in: Self.file, profile: profile) }
        #expect(read("default") == S3Credentials(accessKey: "AKID", secretKey: Secret("se=cr/et+")))
        #expect(read("other") == S3Credentials(accessKey: "OTHER", secretKey: Secret("new")))
        #expect(
            read("lent")
                == S3Credentials(accessKey: "LENT", secretKey: Secret("x"), sessionToken: Secret("to=ken==")))
        for profile in ["half", "empty", "none", "", "broken", "Default", "[broken"] { #expect(read(profile) == nil) }
        #expect(CredentialsFile.credentials(in: "", profile: "default") == nil)
    }

    private func makeSource(_ path: String, _ clock: ManualClock) -> FileCredentials {
        FileCredentials(path: path, blocking: BlockingPool(threads: 1)) { clock.timestamp }
    }

    private func content(_ key: String) -> String { "[default]\naws_access_key_id=\(key)\naws_secret_access_key=s\n" }

    @Test("a file that changes is read again after a while, and one that cannot be read leaves what was there")
    func changes() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let path = try folder.write(content("ONE"), to: "credentials")
        let source = makeSource(path, clock)
        #expect(try await source.credentials().accessKey == "ONE")
        try folder.write(content("SECOND"), to: "credentials")
        #expect(try await source.credentials().accessKey == "ONE")
        clock.advance(by: .seconds(5))
        #expect(try await source.credentials().accessKey == "SECOND")
        try folder.write("[default]\n", to: "credentials")
        clock.advance(by: .seconds(5))
        #expect(try await source.credentials().accessKey == "SECOND")
        try folder.write(content("THIRD"), to: "credentials")
        clock.advance(by: .seconds(5))
        #expect(try await source.credentials().accessKey == "THIRD")
    }

    @Test("after a refusal it is read again at once, and what was refused is not used for want of a better one")
    func refusal() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let path = try folder.write(content("ONE"), to: "credentials")
        let source = makeSource(path, clock)
        let refused = try await source.credentials()
        try folder.write(content("SECOND"), to: "credentials")
        await source.renew(after: refused)
        #expect(try await source.credentials().accessKey == "SECOND")
        // Somebody was late to hear of the first refusal.
        try folder.write("", to: "credentials")
        await source.renew(after: refused)
        #expect(try await source.credentials().accessKey == "SECOND")
        await source.renew(after: try await source.credentials())
        let error = await #expect(throws: StorageError.self) { try await source.credentials() }
        #expect(error?.code == .unauthenticated)
        #expect(error?.retry == .transient(after: nil))
    }

    @Test("a file that is not there is told with its place, and without a word of what it holds")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let missing = makeSource(folder.path("none"), ManualClock())
        let error = await #expect(throws: StorageError.self) { try await missing.credentials() }
        #expect(error?.code == .unauthenticated)
        #expect(error?.context["file"] == folder.path("none"))
        let path = try folder.write("[default]\naws_secret_access_key=hidden\n", to: "half")
        let half = makeSource(path, ManualClock())
        let second = await #expect(throws: StorageError.self) { try await half.credentials() }
        #expect(second.map { !"\($0)".contains("hidden") } == true)
        let folderAsFile = makeSource(folder.path, ManualClock())
        await #expect(throws: StorageError.self) { try await folderAsFile.credentials() }
    }
}

extension ManualClock {
    var timestamp: Timestamp { Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch) }
}

@Suite("Credentials of the environment")
struct EnvironmentCredentialsTests {
    @Test(
        "both keys have to be set, and not empty",
        arguments: [
            [:], ["AWS_ACCESS_KEY_ID": "A"], ["AWS_SECRET_ACCESS_KEY": "hidden"],
            ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "hidden"],
        ])
    func missing(variables: [String: String]) async {
        let source = EnvironmentCredentials { variables[$0] }
        let error = await #expect(throws: StorageError.self) { try await source.credentials() }
        #expect(error?.code == .unauthenticated)
        #expect(error?.retry == .permanent)
        #expect(error.map { !"\($0)".contains("hidden") } == true)
    }

    @Test("a token comes with them where there is one", arguments: [nil, "", "t"])
    func token(token: String?) async throws {
        let variables = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": token]
        let credentials = try await EnvironmentCredentials { variables[$0] ?? nil }.credentials()
        #expect(
            credentials
                == S3Credentials(
                    accessKey: "A", secretKey: Secret("S"), sessionToken: token == "t" ? Secret("t") : nil))
    }
}
