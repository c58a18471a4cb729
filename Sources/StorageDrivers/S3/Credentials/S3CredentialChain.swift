import ServiceRuntime
import Storage
import StowageContract
import Transfer

/// Where a driver takes its credentials from.
enum S3CredentialChain {
    /// The configured ones; without any, the first that there are of the environment, the container and the machine.
    ///
    /// `environment`: the value of a variable; `nil`: it is not set. `client`: for endpoints of the platform.
    static func make(
        _ configuration: S3Configuration, client: TransferClient,
        environment: @escaping @Sendable (String) -> String?, blocking: BlockingPool,
        now: @escaping @Sendable () -> Timestamp
    ) -> any S3CredentialSource {
        if let accessKey = configuration.accessKey, let secretKey = configuration.secretKey {
            return StaticCredentials(
                S3Credentials(
                    accessKey: accessKey, secretKey: secretKey, sessionToken: configuration.sessionToken))
        }
        if let path = configuration.credentialsFile {
            return FileCredentials(path: path, profile: configuration.profile, blocking: blocking, now: now)
        }
        func isSet(_ name: String) -> Bool { environment(name).map { !$0.isEmpty } ?? false }
        if isSet("AWS_ACCESS_KEY_ID") { return EnvironmentCredentials(environment: environment) }
        if isSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || isSet("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            return RenewedCredentials(
                ContainerCredentials(client: client, blocking: blocking, environment: environment), now: now)
        }
        return RenewedCredentials(MachineCredentials(client: client), now: now)
    }
}
