// librabbitmq with fixed-argument wrappers for its variadic functions. No logic here.
#ifndef STOWAGE_CRABBITMQ_H
#define STOWAGE_CRABBITMQ_H
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline amqp_rpc_reply_t shim_amqp_login_plain(
    amqp_connection_state_t state, const char *vhost, int channel_max, int frame_max, int heartbeat,
    const amqp_table_t *properties, const char *user, const char *password) {
    return amqp_login_with_properties(
        state, vhost, channel_max, frame_max, heartbeat, properties, AMQP_SASL_METHOD_PLAIN, user, password);
}
static inline amqp_rpc_reply_t shim_amqp_login_external(
    amqp_connection_state_t state, const char *vhost, int channel_max, int frame_max, int heartbeat,
    const amqp_table_t *properties, const char *identity) {
    return amqp_login_with_properties(
        state, vhost, channel_max, frame_max, heartbeat, properties, AMQP_SASL_METHOD_EXTERNAL, identity);
}

static inline int shim_ssl_require_tls12(void *context) {
    return SSL_CTX_set_min_proto_version((SSL_CTX *)context, TLS1_2_VERSION);
}
static inline int shim_ssl_trust_system(void *context) {
    return SSL_CTX_set_default_verify_paths((SSL_CTX *)context);
}
static inline void shim_ssl_verify_peer(void *context) {
    SSL_CTX_set_verify((SSL_CTX *)context, SSL_VERIFY_PEER, NULL);
}
static inline int shim_ssl_expect_name(void *context, const char *name) {
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param((SSL_CTX *)context);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, name, 0);
}
static inline int shim_ssl_expect_address(void *context, const char *address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_CTX_get0_param((SSL_CTX *)context), address);
}

#endif
