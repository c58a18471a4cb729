import StowageContract
import StrictCoding
import Testing

@Suite("Fingerprint")
struct FingerprintTests {
    @Test("A request with defaults has every member, in RFC 8785 form")
    func defaults() {
        let fingerprint = Fingerprint(StoreData(name: "a", source: .inline([])))
        #expect(
            String(decoding: fingerprint.canonicalBytes, as: UTF8.self)
                == #"{"legalHold":false,"mediaType":null,"metadata":{},"name":"a","operation":"store","path":null,"#
                + #""retention":null,"sha256":null,"size":null}"#)
    }

    @Test("Source, copies and options make no difference")
    func notInside() {
        let one = StoreData(name: "a", source: .inline([1]))
        let other = StoreData(
            name: "a", source: .file("/x"), copies: [Fixtures.archiveB], removeSource: true,
            driverOptions: [Fixtures.archive: ["x": 1]])
        #expect(Fingerprint(one) == Fingerprint(other))
    }

    @Test("Two requests tell in which members they differ")
    func differences() {
        let one = Fingerprint(StoreData(name: "a", source: .inline([]), size: 1, metadata: ["x": "1"]))
        let other = Fingerprint(
            StoreData(name: "a", path: "p", source: .inline([]), metadata: ["x": "2"], retention: Fixtures.retention))
        #expect(one.differences(from: other) == ["path", "size", "metadata", "retention"])
        #expect(one.differences(from: one).isEmpty)
    }

    @Test("Names that are canonically equivalent but of other bytes differ")
    func bytes() {
        let one = Fingerprint(StoreData(name: "é", source: .inline([])))
        let other = Fingerprint(StoreData(name: "e\u{301}", source: .inline([])))
        #expect(one.differences(from: other) == ["name"])
    }
}
