extension Manifest {
    /// Whether this is a copy's that may take the place of the manifest of the archive that was lost: only where it
    /// protects no less.
    package func repairs(_ lost: Manifest) -> Bool {
        copiedBy != nil && copiedBy != lost.copiedBy
            && RetentionState(self, []).lacking(RetentionState(lost, [])) == nil
    }
}
