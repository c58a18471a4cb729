// Instructions that not every processor of an architecture has, and the question whether this one does.
#ifndef STOWAGE_CPROCESSOR_H
#define STOWAGE_CPROCESSOR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
static inline bool shim_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

// Goes on with a CRC-32C whose bits are already inverted.
__attribute__((target("sse4.2"))) static inline uint32_t shim_crc32c(
    uint32_t state, const uint8_t *bytes, size_t count) {
    uint64_t wide = state;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    state = (uint32_t)wide;
    for (; count > 0; count--, bytes++) { state = __builtin_ia32_crc32qi(state, *bytes); }
    return state;
}
#else
static inline bool shim_has_crc32c(void) { return false; }
static inline uint32_t shim_crc32c(uint32_t state, const uint8_t *bytes, size_t count) {
    (void)bytes;
    (void)count;
    return state;
}
#endif

#endif
