// libssh, with arguments of fixed types where it takes `const void *`. No logic here.
#ifndef STOWAGE_CLIBSSH_H
#define STOWAGE_CLIBSSH_H
#include <stdbool.h>
#include <libssh/libssh.h>

static inline int shim_ssh_set_text(ssh_session session, enum ssh_options_e option, const char *value) {
    return ssh_options_set(session, option, value);
}
static inline int shim_ssh_set_number(ssh_session session, enum ssh_options_e option, int value) {
    return ssh_options_set(session, option, &value);
}
static inline int shim_ssh_set_seconds(ssh_session session, enum ssh_options_e option, long value) {
    return ssh_options_set(session, option, &value);
}
static inline int shim_ssh_set_flag(ssh_session session, enum ssh_options_e option, bool value) {
    return ssh_options_set(session, option, &value);
}
static inline int shim_ssh_set_port(ssh_session session, unsigned int port) {
    return ssh_options_set(session, SSH_OPTIONS_PORT, &port);
}

#endif
