package import Messaging
import ServiceRuntime
import StrictCoding

/// The broker and how much of it is ours.
package struct BrokerConfiguration: Sendable {
    /// Who makes exchanges and queues.
    package enum Topology: String, Sendable, CaseIterable {
        /// `stowage topology declare`; a worker only looks whether they are there.
        case verify
        /// The worker, for development.
        case declare
    }

    /// At least one, all with the same user.
    package var urls: [AMQPURL] = []
    /// PEM file of the authorities that `amqps` trusts; `nil`: the system's.
    package var authorities: String?
    /// PEM file of the client certificate.
    package var certificate: String?
    /// PEM file of its key.
    package var key: String?
    /// The first part of the name of every exchange and queue.
    package var prefix = "stowage"
    package var topology = Topology.verify
    /// How long the broker lets a delivery go without an acknowledgement.
    package var acknowledgementTimeout: Duration = .seconds(1800)
    /// Users whose worker headers count besides the worker's own.
    package var trustedUsers: [String] = []

    init(_ section: ConfigurationSection) {
        readURLs(section)
        authorities = section.absolutePath("ca")
        certificate = section.absolutePath("certificate")
        key = section.absolutePath("key")
        if (certificate == nil) != (key == nil) {
            section.refuse(certificate == nil ? "certificate" : "key", "is missing: certificate and key come together")
        }
        let isSecure = urls.contains(where: \.isSecure)
        if !urls.isEmpty, !isSecure, authorities != nil || certificate != nil {
            section.refuse(authorities == nil ? "certificate" : "ca", "has no effect without an amqps:// url")
        }
        if let text = section.string("prefix") {
            if Self.isPrefix(text) {
                prefix = text
            } else {
                section.refuse("prefix", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ - and not begin with amq.")
            }
        }
        topology = section.choice("topology", of: Topology.self) ?? topology
        acknowledgementTimeout =
            section.seconds("acknowledgementTimeoutSeconds", in: 1...2_592_000) ?? acknowledgementTimeout
        trustedUsers =
            section.list("trustedUsers") { user in
                (1...255).contains(user.utf8.count) ? .success(user) : .failure(.init("must be 1 to 255 bytes"))
            } ?? trustedUsers
        section.finish()
    }

    private mutating func readURLs(_ section: ConfigurationSection) {
        let url = section.string("url")
        let several = section.list("urls", Self.url)
        let isOneGiven = section.object["url"].map { !$0.isNull } ?? false
        let areSeveralGiven = section.object["urls"].map { !$0.isNull } ?? false
        if isOneGiven, areSeveralGiven { section.refuse("urls", "stands beside url: only one of them may") }
        if !isOneGiven, !areSeveralGiven {
            section.refuse("url", "is missing: amqp://user:password@host:5672/%2f")
        }
        if let several {
            urls = several
            if section.object["urls"]?.array?.isEmpty == true { section.refuse("urls", "must not be empty") }
            if Set(urls.map(\.user)).count > 1 { section.refuse("urls", "must all have the same user") }
        }
        if let url {
            switch Self.url(url) {
            case .success(let url): urls = [url]
            case .failure(let unfit): section.refuse("url", unfit.message)
            }
        }
    }

    private static func url(_ text: String) -> Result<AMQPURL, ConfigurationSection.Unfit> {
        do throws(AMQPURL.Invalid) {
            return .success(try AMQPURL(text))
        } catch {
            return .failure(.init("cannot be used: \(error)"))
        }
    }

    private static func isPrefix(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && !text.utf8.starts(with: "amq.".utf8)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
