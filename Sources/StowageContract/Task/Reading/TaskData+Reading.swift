import StrictCoding

extension TaskData {
    /// The parameters of `operation` that `reader` holds, labels taken already; every other member is refused.
    static func read(
        _ operation: Operation, from reader: inout ObjectReader, limits: TaskLimits
    ) throws(MemberProblem) -> Self {
        let data: Self
        switch operation {
        case .store: data = .store(try reader.store(limits: limits))
        case .retrieve: data = .retrieve(try reader.retrieve())
        case .delete:
            data = .delete(
                DeleteData(
                    archive: try reader.archive(), strict: try reader.bool("strict") ?? false,
                    reason: try reader.text("reason", bytes: 1024, controlCharacters: true)))
        case .stat: data = .stat(try reader.archive())
        case .list:
            data = .list(
                ListData(
                    prefix: try reader.named("prefix", by: ArchiveName.normalisedPrefix) ?? "",
                    after: try reader.text("after", bytes: 1024),
                    limit: Int(try reader.integer("limit", in: 1...1000) ?? 100)))
        case .verify: data = .verify(VerifyData(archive: try reader.archive(), sha256: try reader.sha256("sha256")))
        case .copy: data = .copy(try reader.copy())
        case .presign:
            let archive = try reader.archive()
            let seconds = try reader.integer("expiresSeconds", in: 1...604_800)
            data = .presign(
                PresignData(archive: archive, expiresSeconds: Int(try reader.require("expiresSeconds", seconds))))
        case .retain: data = .retain(try reader.retain())
        case .check:
            data = .check(
                CheckData(write: try reader.bool("write") ?? true, worm: try reader.bool("worm") ?? false))
        case .capacity: data = .capacity
        }
        try reader.finish()
        return data
    }
}

extension ObjectReader {
    fileprivate mutating func store(limits: TaskLimits) throws(MemberProblem) -> StoreData {
        let name = try named("name", by: ArchiveName.normalisedName)
        var source = try reader("source")
        let path = try named("path", by: ArchiveName.normalisedPath)
        let size = try integer("size", in: 0 ... .max)
        let sha256 = try sha256("sha256")
        let mediaType = try mediaType("mediaType")
        let metadata = try metadata("metadata") ?? [:]
        let retention = try retention("retention")
        let legalHold = try bool("legalHold") ?? false
        let copies = try drivers("copies") ?? []
        let removeSource = try bool("removeSource") ?? false
        let driverOptions = try driverOptions("driverOptions")
        let data = StoreData(
            name: try require("name", name), path: path,
            source: try require("source", try source?.source(limits: limits)), size: size, sha256: sha256,
            mediaType: mediaType, metadata: metadata, retention: retention, legalHold: legalHold, copies: copies,
            removeSource: removeSource, driverOptions: driverOptions)
        switch data.source {
        case .inline where removeSource, .url where removeSource:
            throw problem("removeSource", "is possible only with a file or a handle as source")
        default: break
        }
        if case .inline(let bytes) = data.source, let size, size != bytes.count {
            throw problem("size", "is \(size), but data.source.inline has \(bytes.count) bytes")
        }
        return data
    }

    fileprivate mutating func retrieve() throws(MemberProblem) -> RetrieveData {
        let archive = try archive()
        var destination = try reader("destination")
        let range = try range("range")
        return RetrieveData(
            archive: archive, destination: try require("destination", try destination?.destination()), range: range)
    }

    fileprivate mutating func copy() throws(MemberProblem) -> CopyData {
        let archive = try archive()
        let to = try driver("to")
        let path = try named("path", by: ArchiveName.normalisedPath)
        return CopyData(
            archive: archive, to: try require("to", to), path: path, removeSource: try bool("removeSource") ?? false)
    }

    fileprivate mutating func retain() throws(MemberProblem) -> RetainData {
        let archive = try archive()
        let retention = try retention("retention")
        let legalHold = try bool("legalHold")
        let releases = try taskIDs("releases", limit: 100) ?? []
        if legalHold == false {
            throw problem("legalHold", "cannot be false: a hold is released by naming its task in releases")
        }
        if retention == nil, legalHold == nil, releases.isEmpty {
            throw problem("retention", "is missing, and legalHold and releases as well; one of them must be there")
        }
        return RetainData(archive: archive, retention: retention, legalHold: legalHold, releases: releases)
    }

    private mutating func range(_ name: String) throws(MemberProblem) -> ByteRange? {
        guard var reader = try reader(name) else { return nil }
        let offset = try reader.integer("offset", in: 0 ... .max)
        let length = try reader.integer("length", in: 1 ... .max)
        let range = ByteRange(offset: try reader.require("offset", offset), length: length)
        try reader.finish()
        if let length, range.offset.addingReportingOverflow(length).overflow {
            throw problem(name, "must end before byte \(Int64.max)")
        }
        return range
    }

    private mutating func mediaType(_ name: String) throws(MemberProblem) -> String? {
        guard let type = try string(name) else { return nil }
        guard type.utf8.count <= 255, type.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            let slash = type.utf8.firstIndex(of: UInt8(ascii: "/")), slash > type.utf8.startIndex,
            type.utf8.index(after: slash) < type.utf8.endIndex
        else {
            throw problem(name, "must be a media type like application/gzip, at most 255 bytes, not \(type.excerpt)")
        }
        return type
    }

    private mutating func driverOptions(_ name: String) throws(MemberProblem) -> [DriverName: JSONValue] {
        guard let object = try object(name) else { return [:] }
        guard object.members.count <= 32 else { throw problem(name, "must have at most 32 members") }
        var options: [DriverName: JSONValue] = [:]
        for member in object.members {
            let path = MemberProblem.path(path(of: name), member: member.name)
            guard let driver = DriverName(member.name) else {
                throw MemberProblem(path: path, message: "is no driver's name")
            }
            guard case .object = member.value else {
                throw MemberProblem(path: path, message: "must be an object, not \(member.value.kind)")
            }
            options[driver] = member.value
        }
        return options
    }
}
