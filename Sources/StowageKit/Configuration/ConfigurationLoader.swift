import Glibc
package import ServiceRuntime
package import Storage
package import StrictCoding

/// Finds, reads and checks the configuration of a process.
package struct ConfigurationLoader: Sendable {
    /// Read where neither `--config` nor `STOWAGE_CONFIG` names another.
    package static let standardPath = "/etc/stowage/stowage.yaml"

    private let environment: @Sendable (String) -> String?

    /// - Parameter environment: the value of a variable; `nil`: it is not set. The process's own unless told.
    package init(environment: @escaping @Sendable (String) -> String? = ConfigurationLoader.processEnvironment) {
        self.environment = environment
    }

    /// The file that counts: the one that was named, else `STOWAGE_CONFIG`, else the standard one.
    package func path(named: String?) -> String {
        if let named { return named }
        if let variable = environment("STOWAGE_CONFIG"), !variable.isEmpty { return variable }
        return Self.standardPath
    }

    /// The configuration in a file: the one that `--config` named, else the one that counts.
    ///
    /// `validate` says what is wrong with a driver's own keys (`StorageDriverFactory.validate`).
    ///
    /// - Throws: everything that is wrong; nothing has been connected to.
    package func load(
        named: String?, validate: (DriverDefinition) -> [MemberProblem] = { _ in [] }
    ) throws(ConfigurationError) -> StowageConfiguration {
        let file = path(named: named)
        let bytes: [UInt8]
        do throws(SmallFile.Failure) {
            bytes = try SmallFile.bytes(of: file, limit: YAMLDocument.sizeLimit)
        } catch {
            let hint = named == nil && environment("STOWAGE_CONFIG") == nil ? "; name one with --config FILE" : ""
            throw ConfigurationError(
                file: file, problems: [ConfigurationProblem(path: "", message: error.message + hint)])
        }
        return try configuration(of: bytes, file: file, validate: validate)
    }

    /// The configuration in the bytes of a file.
    ///
    /// - Throws: everything that is wrong.
    package func configuration(
        of bytes: [UInt8], file: String, validate: (DriverDefinition) -> [MemberProblem] = { _ in [] }
    ) throws(ConfigurationError) -> StowageConfiguration {
        let document = try YAMLDocument.parse(bytes, file: file)
        let (substituted, problems) = Substitution(environment: environment).applied(to: document)
        return try StowageConfiguration(substituted, alreadyFound: problems, validate: validate)
    }

    package static func processEnvironment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
