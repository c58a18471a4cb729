package import StowageContract
import StrictCoding

/// The attempts of a task as they travel in a header: JSON, bounded in size.
package struct AttemptHistory: Sendable, Equatable {
    /// Bytes of header that the history may take.
    package static let maximumBytes = 12_288
    /// Bytes that the message of one attempt may take.
    package static let messageBytes = 120

    package var records: [AttemptRecord]

    package init(records: [AttemptRecord]) {
        self.records = records
    }

    /// Reads a header; what cannot be read is left out, because a broken note must not stop a task.
    package init(_ text: String) {
        guard let value = try? JSONParser.parse(Array(text.utf8)), case .array(let items) = value else {
            self.records = []
            return
        }
        self.records = items.compactMap { try? AttemptRecord(json: $0) }
    }

    /// The header: messages are cut first, then the attempts in the middle are left out; numbers stay true.
    package var text: String {
        var records = self.records
        for index in records.indices {
            records[index].message = records[index].message.map { $0.cut(toBytes: Self.messageBytes) }
        }
        while true {
            let bytes = JSONWriter.bytes(of: .array(records.map(\.json)))
            if bytes.count <= Self.maximumBytes || records.count < 3 { return String(decoding: bytes, as: UTF8.self) }
            records.removeSubrange((records.count / 3)...(records.count / 3 + records.count / 8))
        }
    }
}
