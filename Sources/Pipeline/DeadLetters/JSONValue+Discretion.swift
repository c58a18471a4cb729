import StowageContract
package import StrictCoding

extension JSONValue {
    /// A task's document without what may carry credentials, request headers, and of URLs user info, query and
    /// fragment; and without the bytes of an inline source, of which the number is said.
    package var discreet: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.discreet))
        case .object(let object):
            .object(
                JSONObject(
                    unique: object.members.map { member in
                        switch (member.name, member.value) {
                        case ("headers", .object(let headers)):
                            .init(
                                "headers",
                                .object(JSONObject(unique: headers.members.map { .init($0.name, "‹secret›") })))
                        case ("url", .string(let url)): .init("url", .string(TaskURL(url: url).shownURL))
                        case ("inline", .string(let text)):
                            .init("inline", .string("…\(Base64.decodedCount(text)) bytes"))
                        default: .init(member.name, member.value.discreet)
                        }
                    }))
        default: self
        }
    }
}
