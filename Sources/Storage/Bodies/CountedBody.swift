/// A body that knows what has passed.
protocol CountedBody: ArchiveBody {
    /// What passed, once the end was reached; `nil` before.
    var total: HashingBody.Total? { get }

    /// Bytes taken from the source.
    var taken: Int64 { get }

    /// Bytes that were in the store already.
    var resumed: Int64 { get }
}

extension HashingBody: CountedBody {
    var taken: Int64 { count }

    var resumed: Int64 { 0 }
}
