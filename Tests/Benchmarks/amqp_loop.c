// The yardstick: a plain C loop on librabbitmq that does what the worker does around a task that does nothing.
// Consume (prefetch 200, 1 KiB, persistent) -> publish a 512 B persistent event -> confirm -> acknowledge,
// pipelined on one channel of one connection, acknowledgements batched by the contiguous confirmed prefix.
//
//   cc -O2 -o amqp_loop amqp_loop.c -lrabbitmq
//   amqp_loop declare URL NAME [quorum|classic]   queue NAME.tasks; topic exchange NAME.events and its queue
//   amqp_loop fill    URL NAME COUNT              COUNT confirmed messages of 1 KiB into NAME.tasks
//   amqp_loop run     URL NAME COUNT              the loop over COUNT messages; prints rate=… cpu_us=…
//   amqp_loop watch   URL QUEUE COUNT             until QUEUE holds COUNT messages; prints the rate they came at
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { channel = 1, prefetch = 200, task_bytes = 1024, event_bytes = 512, window = 4096, ack_batch = 32, heartbeat = 30 };

struct client {
    amqp_connection_state_t connection;
    int socket;
    bool confirmed[window];    // by publish sequence number modulo window
    uint64_t published;        // sequence number of the last publish
    uint64_t confirmed_prefix; // all publishes up to here are confirmed
    uint64_t received;         // delivery tag of the last complete delivery
    uint64_t body_left;        // bytes of the current delivery that have not come yet
};

_Noreturn static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("amqp_loop: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static void check_status(int status, const char *what) {
    if (status != AMQP_STATUS_OK) fail("%s: %s", what, amqp_error_string2(status));
}

static void check_reply(struct client *client, const char *what) {
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(client->connection);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return;
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) fail("%s: %s", what, amqp_error_string2(reply.library_error));
    if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        amqp_channel_close_t *close = reply.reply.decoded;
        fail("%s: %.*s", what, (int)close->reply_text.len, (char *)close->reply_text.bytes);
    }
    amqp_connection_close_t *close = reply.reply.decoded;
    fail("%s: %.*s", what, (int)close->reply_text.len, (char *)close->reply_text.bytes);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void connect_to(struct client *client, const char *url) {
    struct amqp_connection_info info;
    char *copy = strdup(url);
    check_status(amqp_parse_url(copy, &info), "URL");
    client->connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(client->connection);
    struct timeval limit = {10, 0};
    check_status(amqp_socket_open_noblock(socket, info.host, info.port, &limit), "connect");
    client->socket = amqp_get_sockfd(client->connection);
    int send_buffer = 1 << 20;
    setsockopt(client->socket, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    amqp_rpc_reply_t reply = amqp_login(client->connection, info.vhost, 0, 131072, heartbeat, AMQP_SASL_METHOD_PLAIN,
                                        info.user, info.password);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("login refused");
    amqp_channel_open(client->connection, channel);
    check_reply(client, "channel.open");
    free(copy);
}

static void disconnect(struct client *client) {
    amqp_connection_close(client->connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(client->connection);
}

static amqp_bytes_t name_of(char *buffer, size_t size, const char *name, const char *suffix) {
    snprintf(buffer, size, "%s.%s", name, suffix);
    return amqp_cstring_bytes(buffer);
}

static void declare(struct client *client, const char *name, const char *type) {
    char tasks[200], events[200];
    amqp_table_entry_t entry = {.key = amqp_cstring_bytes("x-queue-type"),
                                .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(type)}};
    amqp_table_t arguments = {.num_entries = 1, .entries = &entry};
    amqp_bytes_t task_queue = name_of(tasks, sizeof tasks, name, "tasks");
    amqp_bytes_t event_queue = name_of(events, sizeof events, name, "events");
    amqp_queue_declare(client->connection, channel, task_queue, 0, 1, 0, 0, arguments);
    check_reply(client, "queue.declare");
    amqp_exchange_declare(client->connection, channel, event_queue, amqp_cstring_bytes("topic"), 0, 1, 0, 0,
                          amqp_empty_table);
    check_reply(client, "exchange.declare");
    amqp_queue_declare(client->connection, channel, event_queue, 0, 1, 0, 0, arguments);
    check_reply(client, "queue.declare");
    amqp_queue_bind(client->connection, channel, event_queue, event_queue, amqp_cstring_bytes("#"), amqp_empty_table);
    check_reply(client, "queue.bind");
}

static void publish(struct client *client, amqp_bytes_t exchange, amqp_bytes_t key, amqp_bytes_t body, uint64_t number) {
    char id[32];
    snprintf(id, sizeof id, "%llu", (unsigned long long)number);
    amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
        .delivery_mode = 2,
        .content_type = amqp_cstring_bytes("application/json"),
        .message_id = amqp_cstring_bytes(id),
    };
    check_status(amqp_basic_publish(client->connection, channel, exchange, key, 0, 0, &properties, body), "publish");
    client->published++;
}

static void confirm(struct client *client, uint64_t tag, bool multiple) {
    for (uint64_t sequence = multiple ? client->confirmed_prefix + 1 : tag; sequence <= tag; sequence++)
        client->confirmed[sequence % window] = true;
    while (client->confirmed[(client->confirmed_prefix + 1) % window]) {
        client->confirmed_prefix++;
        client->confirmed[client->confirmed_prefix % window] = false;
    }
}

static void handle_method(struct client *client, const amqp_method_t *method) {
    switch (method->id) {
    case AMQP_BASIC_DELIVER_METHOD: {
        amqp_basic_deliver_t *deliver = method->decoded;
        if (deliver->delivery_tag != client->received + 1) fail("delivery tags are not consecutive");
        break;
    }
    case AMQP_BASIC_ACK_METHOD: {
        amqp_basic_ack_t *ack = method->decoded;
        confirm(client, ack->delivery_tag, ack->multiple);
        break;
    }
    case AMQP_BASIC_NACK_METHOD: fail("the broker refused an event");
    default: fail("unexpected method %s", amqp_method_name(method->id));
    }
}

// Handle one frame; true when it completed a delivery.
static bool handle_frame(struct client *client, const amqp_frame_t *frame) {
    switch (frame->frame_type) {
    case AMQP_FRAME_METHOD: handle_method(client, &frame->payload.method); return false;
    case AMQP_FRAME_HEADER: client->body_left = frame->payload.properties.body_size; break;
    case AMQP_FRAME_BODY: client->body_left -= frame->payload.body_fragment.len; break;
    default: return false;
    }
    if (client->body_left > 0) return false;
    client->received++;
    return true;
}

// Take every frame that is there; false when there was none.
static bool pump(struct client *client, amqp_bytes_t exchange, amqp_bytes_t body) {
    struct timeval at_once = {0, 0};
    amqp_frame_t frame;
    bool any = false;
    int status;
    while ((status = amqp_simple_wait_frame_noblock(client->connection, &frame, &at_once)) == AMQP_STATUS_OK) {
        any = true;
        if (handle_frame(client, &frame))
            publish(client, exchange, amqp_cstring_bytes("succeeded.bench.stat.none"), body, client->received);
    }
    if (status != AMQP_STATUS_TIMEOUT) fail("read: %s", amqp_error_string2(status));
    amqp_maybe_release_buffers_on_channel(client->connection, channel);
    return any;
}

static void wait_readable(struct client *client) {
    if (amqp_data_in_buffer(client->connection) || amqp_frames_enqueued(client->connection)) return;
    struct pollfd descriptor = {.fd = client->socket, .events = POLLIN};
    if (poll(&descriptor, 1, 30000) == 0) fail("nothing came for 30 s");
}

static amqp_bytes_t filled(size_t size) {
    amqp_bytes_t body = amqp_bytes_malloc(size);
    memset(body.bytes, 'x', size);
    return body;
}

static void select_confirms(struct client *client) {
    amqp_confirm_select(client->connection, channel);
    check_reply(client, "confirm.select");
}

static void fill(struct client *client, const char *name, uint64_t count) {
    char tasks[200];
    amqp_bytes_t key = name_of(tasks, sizeof tasks, name, "tasks"), body = filled(task_bytes);
    select_confirms(client);
    while (client->confirmed_prefix < count) {
        while (client->published < count && client->published - client->confirmed_prefix < 256)
            publish(client, amqp_empty_bytes, key, body, client->published + 1);
        if (!pump(client, amqp_empty_bytes, body)) wait_readable(client);
    }
}

static void run(struct client *client, const char *name, uint64_t count) {
    char tasks[200], events[200];
    amqp_bytes_t queue = name_of(tasks, sizeof tasks, name, "tasks"), body = filled(event_bytes);
    amqp_bytes_t exchange = name_of(events, sizeof events, name, "events");
    uint64_t acknowledged = 0;
    select_confirms(client);
    amqp_basic_qos(client->connection, channel, 0, prefetch, 0);
    check_reply(client, "basic.qos");
    double started = now(), cpu = cpu_seconds();
    amqp_basic_consume(client->connection, channel, queue, amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check_reply(client, "basic.consume");
    while (acknowledged < count) {
        bool any = pump(client, exchange, body);
        // A small batch waits for more while frames keep coming.
        if (client->confirmed_prefix - acknowledged >= (any ? ack_batch : 1)) {
            acknowledged = client->confirmed_prefix;
            check_status(amqp_basic_ack(client->connection, channel, acknowledged, 1), "acknowledge");
        } else if (!any) {
            wait_readable(client);
        }
    }
    double seconds = now() - started;
    printf("rate=%.0f cpu_us=%.1f messages=%llu seconds=%.2f\n", count / seconds, (cpu_seconds() - cpu) / count * 1e6,
           (unsigned long long)count, seconds);
}

// Look at the length of a queue that somebody else fills; the clock starts when the first message is seen.
static void watch(struct client *client, const char *queue, uint64_t count) {
    struct timespec pause = {0, 10000000};
    double started = 0;
    uint64_t first = 0, seen = 0;
    while (seen < count) {
        amqp_queue_declare_ok_t *state = amqp_queue_declare(client->connection, channel, amqp_cstring_bytes(queue), 1, 0,
                                                            0, 0, amqp_empty_table);
        check_reply(client, "queue.declare");
        seen = state->message_count;
        if (seen > 0 && started == 0) {
            started = now();
            first = seen;
        }
        amqp_maybe_release_buffers(client->connection);
        nanosleep(&pause, NULL);
    }
    double seconds = now() - started;
    printf("rate=%.0f messages=%llu seconds=%.2f\n", (count - first) / seconds, (unsigned long long)count, seconds);
}

int main(int argc, char **argv) {
    if (argc < 4) fail("usage: amqp_loop declare|fill|run|watch URL NAME [COUNT|TYPE]");
    struct client client = {0};
    const char *command = argv[1], *name = argv[3], *last = argc > 4 ? argv[4] : "";
    connect_to(&client, argv[2]);
    if (!strcmp(command, "declare")) declare(&client, name, *last ? last : "quorum");
    else if (!strcmp(command, "watch")) watch(&client, name, strtoull(last, NULL, 10));
    else if (!strcmp(command, "fill")) fill(&client, name, strtoull(last, NULL, 10));
    else if (!strcmp(command, "run")) run(&client, name, strtoull(last, NULL, 10));
    else fail("unknown command %s", command);
    disconnect(&client);
    return 0;
}
