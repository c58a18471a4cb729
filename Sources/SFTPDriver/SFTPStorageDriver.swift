package import Storage

/// Archives on a server that speaks SFTP.
package typealias SFTPStorageDriver = FileServerStorageDriver<SFTPServer>
