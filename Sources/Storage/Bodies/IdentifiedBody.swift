/// A body that tells its bytes from any others that may come to stand in the same place.
///
/// For stores whose versions and entity tags do not. Who reads an archive in several deliveries compares it, and begins
/// at the start where it has changed.
public protocol IdentifiedBody: ArchiveBody {
    /// Equal texts, equal bytes; the same on every machine that sees the store.
    var identity: String { get }
}
