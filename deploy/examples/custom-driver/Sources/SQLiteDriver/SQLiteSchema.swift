import Storage

/// The tables.
///
/// An archive is visible when its row in `archive` is; its bytes are written before, as an upload.
enum SQLiteSchema {
    private static let tables = [
        "store (id TEXT NOT NULL)",
        "upload (id INTEGER PRIMARY KEY AUTOINCREMENT, touched INTEGER NOT NULL)",
        """
        chunk (upload INTEGER NOT NULL REFERENCES upload, start INTEGER NOT NULL, bytes BLOB NOT NULL,
               UNIQUE (upload, start))
        """,
        // A task's folder holds one archive: a second one with another name is a conflict as well.
        """
        archive (key TEXT PRIMARY KEY NOT NULL, folder TEXT UNIQUE NOT NULL,
                 upload INTEGER UNIQUE NOT NULL REFERENCES upload, manifest BLOB NOT NULL)
        """,
        "protection (key TEXT NOT NULL, task TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY (key, task))",
        "deletion (key TEXT PRIMARY KEY NOT NULL, record BLOB NOT NULL)",
    ]

    /// Makes what is missing; returns the identity of the store, which is drawn once.
    static func prepare(_ connection: SQLiteConnection) throws(StorageError) -> String {
        for table in tables { try connection.run("CREATE TABLE IF NOT EXISTS " + table) }
        try connection.run("INSERT INTO store SELECT lower(hex(randomblob(16))) WHERE NOT EXISTS (SELECT * FROM store)")
        var id = ""
        try connection.run("SELECT id FROM store") { id = $0.text(0) }
        return id
    }
}
