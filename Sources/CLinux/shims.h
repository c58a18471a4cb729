// Linux system calls that glibc offers only as macros, variadics or not at all. No logic here.
#ifndef STOWAGE_CLINUX_H
#define STOWAGE_CLINUX_H
// No _GNU_SOURCE: with it `fd_set` differs from that of Swift's own Glibc module, and builds fail where both meet.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
#include <linux/openat2.h>

// What <fcntl.h> shows with _GNU_SOURCE only.
static const int SHIM_O_PATH = __O_PATH;

static inline int shim_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}
static inline int shim_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}
static inline int shim_open_unnamed(int directory, mode_t mode) {
    return (int)syscall(SYS_openat, directory, ".", __O_TMPFILE | O_DIRECTORY | O_RDWR | O_CLOEXEC, mode);
}
static inline int shim_renameat2(int from, const char *source, int to, const char *target, unsigned flags) {
    return (int)syscall(SYS_renameat2, from, source, to, target, flags);
}
static inline int shim_link_descriptor(int descriptor, int to, const char *target) {
    return (int)syscall(SYS_linkat, descriptor, "", to, target, 0x1000 /* AT_EMPTY_PATH */);
}
static inline int shim_syncfs(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }
static inline int shim_start_writeback(int descriptor, int64_t offset, int64_t count) {
    return (int)syscall(SYS_sync_file_range, descriptor, offset, count, 2 /* SYNC_FILE_RANGE_WRITE */);
}
static inline long shim_thread_id(void) { return syscall(SYS_gettid); }

#endif
