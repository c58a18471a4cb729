import StowageContract
import Transfer

/// Reads what servers say about room; pure.
enum FTPRoom {
    /// `213 12345`: bytes that are free (draft-peterson-streamlined-ftp-command-extensions).
    static func available(_ reply: FTPReply) -> StoreCapacity? {
        guard reply.code == 213, let word = reply.text.split(separator: " ").first, let free = Int64(word), free >= 0
        else { return nil }
        return StoreCapacity(freeBytes: free)
    }

    /// ProFTPD's `SITE QUOTA`: `Uploaded bytes:   1024.00/1048576.00`, where the limit is one.
    static func quota(_ reply: FTPReply) -> StoreCapacity? {
        guard !reply.isFailure else { return nil }
        for line in reply.lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let factor = unit(parts[0].trimmed.lowercased()) else { continue }
            let numbers = parts[1].trimmed.split(separator: "/")
            guard numbers.count == 2, let used = Double(numbers[0].trimmed), let total = Double(numbers[1].trimmed),
                used >= 0, total > 0, total * factor < 9e18, used * factor < 9e18
            else { continue }
            let (usedBytes, totalBytes) = (Int64(used * factor), Int64(total * factor))
            return StoreCapacity(
                totalBytes: totalBytes, usedBytes: usedBytes, freeBytes: max(0, totalBytes - usedBytes))
        }
        return nil
    }

    private static func unit(_ label: String) -> Double? {
        switch label {
        case "uploaded bytes": 1
        case "uploaded kb": 1024
        case "uploaded mb": 1_048_576
        case "uploaded gb": 1_073_741_824
        default: nil
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let blanks: Set<Character> = [" ", "\t"]
        var rest = drop { blanks.contains($0) }
        while let last = rest.last, blanks.contains(last) { rest.removeLast() }
        return rest
    }
}
