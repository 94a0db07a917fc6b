/*
 * A load generator for etcd's key-value service. It is in C, as redis-benchmark is, and puts gRPC
 * straight onto sockets, because a slower client would measure itself: the same in JavaScript found
 * etcd up to 15 % slower than it is.
 *
 * Each connection has one request under way, as with redis-benchmark without -P. Of HTTP/2 it knows
 * what that takes: every request is the same HEADERS frame and a DATA frame of one size, so it is
 * made once, and only its stream and its key are written into it each time.
 *
 *   EtcdLoad PORT put|get CONNECTIONS SECONDS VALUE_BYTES KEYS
 *
 * A get is linearizable. Prints one line of JSON: requests per second, latencies in milliseconds,
 * and how many requests failed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DATA = 0, HEADERS = 1, RESET_STREAM = 3, SETTINGS = 4, PING = 6, GO_AWAY = 7 };
enum { WINDOW_UPDATE = 8 };
enum { ACKNOWLEDGED = 1, END_STREAM = 1, END_HEADERS = 4 };
enum { FRAME_HEAD = 9, MESSAGE_HEAD = 5, KEY_BYTES = 16 };
enum { REQUEST_LIMIT = 1 << 20, RECEIVE_LIMIT = 1 << 16 };

static const double WARM_UP_SECONDS = 0.5;
static const uint32_t WINDOW_BYTES = 0x7fffffff;
static const uint32_t INITIAL_WINDOW_BYTES = 65535;

typedef struct {
  int socket;
  uint32_t stream;
  double sent_at;
  /* Whether the answer's message has come: an error is a stream that ends without one. */
  int has_message;
  size_t received;
  uint8_t buffer[RECEIVE_LIMIT];
} Connection;

/* The request of every connection in turn, and where in it the parts are that change. */
static uint8_t request[REQUEST_LIMIT];
static size_t request_bytes, second_frame_at, key_at;

static double *latencies;
static size_t answered, latency_limit, failed;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static uint32_t read_uint(const uint8_t *from, int bytes) {
  uint32_t value = 0;
  for (int at = 0; at < bytes; at++) value = value << 8 | from[at];
  return value;
}

static void write_uint(uint8_t *to, uint32_t value, int bytes) {
  for (int at = bytes - 1; at >= 0; at--, value >>= 8) to[at] = value & 0xff;
}

static void write_frame_head(uint8_t *to, size_t length, int type, int flags, uint32_t stream) {
  write_uint(to, length, 3);
  to[3] = type;
  to[4] = flags;
  write_uint(to + 5, stream, 4);
}

static size_t append(uint8_t *to, size_t at, const void *bytes, size_t length) {
  memcpy(to + at, bytes, length);
  return at + length;
}

/* A text of HPACK, without its Huffman code. */
static size_t append_text(uint8_t *to, size_t at, const char *text) {
  to[at++] = strlen(text);
  return append(to, at, text, strlen(text));
}

/* HPACK without its tables (RFC 7541, 6.2.2), but for three entries of one byte. */
static size_t append_headers(uint8_t *to, size_t at, const char *path) {
  static const char *const pairs[][2] = {
    {":authority", "localhost"}, {"content-type", "application/grpc"}, {"te", "trailers"}
  };
  at = append(to, at, "\x83\x86\x04", 3); /* :method POST, :scheme http, :path */
  at = append_text(to, at, path);
  for (int pair = 0; pair < 3; pair++) {
    to[at++] = 0;
    at = append_text(to, at, pairs[pair][0]);
    at = append_text(to, at, pairs[pair][1]);
  }
  return at;
}

/* The head of a protobuf field that holds bytes. */
static size_t append_field_head(uint8_t *to, size_t at, int number, size_t length) {
  to[at++] = number << 3 | 2;
  for (; length > 127; length >>= 7) to[at++] = (length & 127) | 128;
  to[at++] = length;
  return at;
}

static void make_request(int is_put, size_t value_bytes) {
  const char *path = is_put ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Range";
  second_frame_at = append_headers(request, FRAME_HEAD, path);
  write_frame_head(request, second_frame_at - FRAME_HEAD, HEADERS, END_HEADERS, 0);
  size_t message_at = second_frame_at + FRAME_HEAD + MESSAGE_HEAD;
  key_at = append_field_head(request, message_at, 1, KEY_BYTES);
  size_t end = key_at + KEY_BYTES;
  if (is_put) {
    end = append_field_head(request, end, 2, value_bytes);
    memset(request + end, 'x', value_bytes);
    end += value_bytes;
  }
  size_t body_bytes = end - second_frame_at - FRAME_HEAD;
  write_frame_head(request + second_frame_at, body_bytes, DATA, END_STREAM, 0);
  write_uint(request + second_frame_at + FRAME_HEAD + 1, end - message_at, 4);
  request_bytes = end;
}

/* One request at a time always fits into an empty send buffer. */
static void write_all(int socket, const void *bytes, size_t length) {
  if (send(socket, bytes, length, 0) != (ssize_t)length) fail("send");
}

static void send_request(Connection *connection, uint32_t keys) {
  char key[KEY_BYTES + 1];
  snprintf(key, sizeof key, "key:%012u", (uint32_t)random() % keys);
  memcpy(request + key_at, key, KEY_BYTES);
  connection->stream += 2;
  write_uint(request + 5, connection->stream, 4);
  write_uint(request + second_frame_at + 5, connection->stream, 4);
  connection->has_message = 0;
  connection->sent_at = now();
  write_all(connection->socket, request, request_bytes);
}

/* The client's first words: its preface, and windows so large that it never needs to widen them. */
static void open_connection(Connection *connection, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int yes = 1;
  connection->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection->socket, (void *)&address, sizeof address)) fail("connect");
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  connection->stream = (uint32_t)-1;
  uint8_t hello[128];
  size_t at = append(hello, 0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
  write_frame_head(hello + at, 6, SETTINGS, 0, 0);
  write_uint(hello + at + FRAME_HEAD, 4, 2); /* SETTINGS_INITIAL_WINDOW_SIZE */
  write_uint(hello + at + FRAME_HEAD + 2, WINDOW_BYTES, 4);
  at += FRAME_HEAD + 6;
  write_frame_head(hello + at, 4, WINDOW_UPDATE, 0, 0);
  write_uint(hello + at + FRAME_HEAD, WINDOW_BYTES - INITIAL_WINDOW_BYTES, 4);
  write_all(connection->socket, hello, at + FRAME_HEAD + 4);
}

/* The answer to our own request is over. */
static void note_answer(Connection *connection, int is_good, double start_at) {
  double at = now();
  if (!is_good) failed++;
  if (!is_good || at < start_at) return;
  if (answered == latency_limit) {
    latency_limit = latency_limit * 2 + 1024;
    latencies = realloc(latencies, latency_limit * sizeof *latencies);
    if (latencies == NULL) fail("realloc");
  }
  latencies[answered++] = (at - connection->sent_at) * 1000;
}

/* Whether the frame ends the answer to our request. */
static int understand(Connection *connection, const uint8_t *frame, size_t length) {
  int type = frame[3], flags = frame[4];
  if ((type == SETTINGS || type == PING) && !(flags & ACKNOWLEDGED)) {
    uint8_t reply[FRAME_HEAD + 8];
    size_t echoed = type == PING ? 8 : 0;
    write_frame_head(reply, echoed, type, ACKNOWLEDGED, 0);
    memcpy(reply + FRAME_HEAD, frame + FRAME_HEAD, echoed);
    write_all(connection->socket, reply, FRAME_HEAD + echoed);
  }
  if (type == GO_AWAY) {
    fprintf(stderr, "etcd sends the client away\n");
    exit(1);
  }
  if (type != DATA && type != HEADERS && type != RESET_STREAM) return 0;
  if (read_uint(frame + 5, 4) != connection->stream) return 0;
  if (type == DATA && length > MESSAGE_HEAD) connection->has_message = 1;
  if (type == RESET_STREAM) connection->has_message = 0;
  return type == RESET_STREAM || (flags & END_STREAM);
}

/* Reads what is there; sends the next request when the last is answered. */
static void take(Connection *connection, double start_at, uint32_t keys) {
  uint8_t *buffer = connection->buffer;
  ssize_t count = recv(connection->socket, buffer + connection->received,
    RECEIVE_LIMIT - connection->received, 0);
  if (count <= 0) fail("etcd closed a connection");
  connection->received += count;
  size_t at = 0;
  while (connection->received - at >= FRAME_HEAD) {
    size_t length = read_uint(buffer + at, 3);
    if (connection->received - at < FRAME_HEAD + length) break;
    if (understand(connection, buffer + at, length)) {
      note_answer(connection, connection->has_message, start_at);
      send_request(connection, keys);
    }
    at += FRAME_HEAD + length;
  }
  connection->received -= at;
  memmove(buffer, buffer + at, connection->received);
}

static int compare(const void *one, const void *other) {
  double left = *(const double *)one, right = *(const double *)other;
  return (left > right) - (left < right);
}

static double percentile(double share) {
  return answered == 0 ? 0 : latencies[(size_t)((answered - 1) * share)];
}

int main(int count, char **words) {
  if (count != 7) {
    fprintf(stderr, "usage: EtcdLoad PORT put|get CONNECTIONS SECONDS VALUE_BYTES KEYS\n");
    return 2;
  }
  int port = atoi(words[1]), connections = atoi(words[3]);
  double seconds = atof(words[4]);
  size_t value_bytes = atoi(words[5]);
  uint32_t keys = atoi(words[6]);
  if (connections < 1 || keys < 1 || value_bytes > REQUEST_LIMIT / 2) return 2;
  make_request(strcmp(words[2], "put") == 0, value_bytes);

  Connection *all = calloc(connections, sizeof *all);
  struct pollfd *polled = calloc(connections, sizeof *polled);
  if (all == NULL || polled == NULL) fail("calloc");
  for (int at = 0; at < connections; at++) {
    open_connection(&all[at], port);
    send_request(&all[at], keys);
    polled[at] = (struct pollfd){.fd = all[at].socket, .events = POLLIN};
  }
  double start_at = now() + WARM_UP_SECONDS, end_at = start_at + seconds;
  while (now() < end_at) {
    if (poll(polled, connections, 1000) < 0) fail("poll");
    for (int at = 0; at < connections; at++) {
      if (polled[at].revents != 0) take(&all[at], start_at, keys);
    }
  }
  qsort(latencies, answered, sizeof *latencies, compare);
  printf("{\"rate\":%.1f,\"p50\":%.3f,\"p99\":%.3f,\"failed\":%zu}\n", answered / seconds,
    percentile(0.5), percentile(0.99), failed);
  return 0;
}
