/// The keys of `type: memory`: none.
package struct MemoryConfiguration: Decodable, Sendable {
    private enum CodingKeys: CodingKey {}

    package init() {}

    package init(from decoder: any Decoder) throws {
        // Asked for all the same, so that whatever stands there is refused.
        _ = try decoder.container(keyedBy: CodingKeys.self)
    }
}
