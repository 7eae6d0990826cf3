#include "io/net/line.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/net/dial.h"
#include "io/net/resolve.h"
#include "io/net/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  NAME_MAX_SHOWN = 16,
  ADDRESS_MAX = 108 /* a path in a sockaddr_un */,
  READS_MAX = 64,
  CHUNK = 16384
};

/* A round trip counts if the loop was busy for less than this, or for less than this share of
 * it. */
enum { BUSY_US = 2000, BUSY_PART = 4 };

/* A time, and how long the loop had waited for its sockets until then. */
struct moment {
  int64_t us, idle_us;
};

struct request {
  struct request *next;
  line_cb done;
  void *arg;
  char name[NAME_MAX_SHOWN]; /* "INFO" */
  char *bytes;               /* NULL once the socket has taken them */
  size_t length, sent;
  struct moment written; /* when the socket took them */
};

struct queue {
  struct request *first, **last;
  size_t count;
};

enum state {
  STATE_DIALLING,
  STATE_SHAKING,  /* the handshake of TLS */
  STATE_GREETING, /* requests are held back */
  STATE_READY,
  STATE_BROKEN, /* `why` has the reason */
  STATE_CLOSED, /* the memory lives until the handles are closed */
};

struct line {
  struct io *io;
  struct line_place place;
  char host[HOST_MAX]; /* of the place */
  const struct line_protocol *protocol;
  void *self;
  enum state state;
  struct err why;
  struct dial *dial;
  char address[ADDRESS_MAX];
  int socket;           /* -1: none */
  struct line_tls *tls; /* NULL: without */
  uv_poll_t poll;
  uv_timer_t anchor; /* never started: closing it is the end, whatever else is open */
  bool polled;
  size_t open_handles;
  int64_t answer_us;         /* of the last answer */
  struct moment read;        /* when the current bytes were read */
  struct request *unwritten; /* the first of those that are not yet sent */
  struct queue sent, held;   /* waiting for line_ready */
  char *bytes;               /* an incomplete answer, if the protocol has framing */
  size_t length;
  void (*closed)(void *arg);
  void *closed_arg;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void queue_push(struct queue *queue, struct request *request) {
  if (!queue->first)
    queue->last = &queue->first;
  request->next = NULL;
  *queue->last = request;
  queue->last = &request->next;
  queue->count++;
}

static struct request *queue_pop(struct queue *queue) {
  struct request *request = queue->first;
  if (!request)
    return NULL;
  queue->first = request->next;
  queue->count--;
  return request;
}

static struct request *request_new(const char *name, const char *bytes, size_t length, line_cb done,
                                   void *arg) {
  struct request *request = mem_new(sizeof *request);
  *request = (struct request){.done = done, .arg = arg, .length = length};
  snprintf(request->name, sizeof request->name, "%s", name);
  request->bytes = mem_new(length + 1);
  memcpy(request->bytes, bytes, length);
  return request;
}

/* Wipes the bytes, which may contain a password. */
static void request_forget_bytes(struct request *request) {
  if (!request->bytes)
    return;
  explicit_bzero(request->bytes, request->length);
  free(request->bytes);
  request->bytes = NULL;
}

static void request_free(struct request *request) {
  request_forget_bytes(request);
  free(request);
}

static void on_closed(uv_handle_t *handle) {
  struct line *line = handle->data;
  if (--line->open_handles > 0)
    return;
  void (*closed)(void *arg) = line->closed;
  void *arg = line->closed_arg;
  free(line->bytes);
  free(line);
  if (closed)
    closed(arg);
}

/* The poll first: closing its socket before would leave epoll with a number that may be reused. */
static void hang_up(struct line *line) {
  if (line->dial)
    dial_cancel(line->dial);
  line->dial = NULL;
  if (line->polled)
    uv_close((uv_handle_t *)&line->poll, on_closed);
  line->polled = false;
  line_tls_free(line->tls);
  line->tls = NULL;
  if (line->socket >= 0)
    close(line->socket);
  line->socket = -1;
}

void line_break(struct line *line, const struct err *err) {
  if (line->state >= STATE_BROKEN)
    return;
  line->unwritten = NULL;
  line->why = *err;
  line->state = STATE_BROKEN;
  hang_up(line);
  while (line->state == STATE_BROKEN) { /* a callback may close it */
    struct request *request = queue_pop(line->sent.first ? &line->sent : &line->held);
    if (!request)
      return;
    line_cb done = request->done;
    void *arg = request->arg;
    request_free(request);
    if (done)
      line->protocol->deliver(done, arg, NULL, &line->why);
  }
}

static void fail(struct line *line, enum err_kind kind, const char *text) {
  struct err err;
  err_set(&err, kind, "%s", text);
  line_break(line, &err);
}

/* An error here occurs again in the next turn of the poll. */
static bool watch(struct line *line) {
  int events = UV_READABLE | (line->unwritten ? UV_WRITABLE : 0);
  return uv_poll_start(&line->poll, events, on_poll) == 0;
}

/* Sent when the socket accepts it. */
static void request_write(struct line *line, struct request *request) {
  queue_push(&line->sent, request);
  if (!line->unwritten)
    line->unwritten = request;
}

bool line_send(struct line *line, const char *name, const char *bytes, size_t length, line_cb done,
               void *arg, struct err *err) {
  if (!line_usable(line)) {
    *err = line->why;
    return false;
  }
  if (line->sent.count + line->held.count >= LINE_REQUESTS_MAX)
    return err_set(err, ERR_LIMIT, "%d commands are already waiting for a reply",
                   LINE_REQUESTS_MAX);
  struct request *request = request_new(name, bytes, length, done, arg);
  if (line->state != STATE_READY) {
    queue_push(&line->held, request);
    return true;
  }
  request_write(line, request);
  (void)watch(line);
  return true;
}

void line_greet(struct line *line, const char *name, const char *bytes, size_t length, line_cb done,
                void *arg) {
  request_write(line, request_new(name, bytes, length, done, arg));
  (void)watch(line);
}

void line_ready(struct line *line) {
  struct request *request;
  line->state = STATE_READY;
  while ((request = queue_pop(&line->held)))
    request_write(line, request);
  (void)watch(line);
}

static void set_address(struct line *line, const struct dial_result *result) {
  if (line->place.path && *line->place.path) {
    snprintf(line->address, sizeof line->address, "%s", line->place.path);
    return;
  }
  int on = 1; /* a request is small and should not be delayed */
  setsockopt(result->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  resolve_place(&result->address, line->address);
}

static void begin(struct line *line) {
  line->state = STATE_GREETING;
  if (line->protocol->connected)
    line->protocol->connected(line->self);
  else
    line_ready(line);
  if (line_is_open(line) && !watch(line))
    fail(line, ERR_IO, "cannot watch the socket");
}

/* The next part of the handshake, once the socket is as it wanted. */
static void shake(struct line *line) {
  struct err err;
  const enum line_tls_state state = line_tls_shake(line->tls, &err);
  if (state == LINE_TLS_DONE)
    begin(line);
  else if (state == LINE_TLS_FAILED)
    line_break(line, &err);
  else if (uv_poll_start(&line->poll, state == LINE_TLS_WRITES ? UV_WRITABLE : UV_READABLE,
                         on_poll) != 0)
    fail(line, ERR_IO, "cannot watch the socket");
}

static void shake_begin(struct line *line) {
  struct err err;
  line->state = STATE_SHAKING;
  line->tls = line_tls_new(line->place.tls, line->host, line->socket, &err);
  if (line->tls)
    shake(line);
  else
    line_break(line, &err);
}

static void on_dialled(void *arg, const struct dial_result *result, const struct err *err) {
  struct line *line = arg;
  line->dial = NULL;
  if (err) {
    line_break(line, err);
    return;
  }
  set_address(line, result);
  line->socket = result->socket;
  int status = uv_poll_init(line->io->loop, &line->poll, line->socket);
  if (status != 0) {
    fail(line, ERR_IO, uv_strerror(status));
    return;
  }
  line->poll.data = line;
  line->polled = true;
  line->open_handles++;
  if (line->place.tls)
    shake_begin(line);
  else
    begin(line);
}

static struct moment moment_now(const struct line *line) {
  return (struct moment){clock_now_us(), (int64_t)(uv_metrics_idle_time(line->io->loop) / 1000)};
}

/* An answer that waited in the socket while the loop was busy looks like that of a slow server: if
 * that is more than a small part of the time, the time says nothing about the server. */
static int64_t answer_time(const struct line *line, const struct request *request) {
  if (request->written.us == 0)
    return -1; /* an answer without a request */
  const int64_t took_us = line->read.us - request->written.us;
  const int64_t busy_us = took_us - (line->read.idle_us - request->written.idle_us);
  return busy_us > BUSY_US && busy_us > took_us / BUSY_PART ? -1 : took_us;
}

bool line_answer(struct line *line, const void *answer, struct err *err) {
  struct request *request = queue_pop(&line->sent);
  if (!request)
    return err_set(err, ERR_PROTOCOL, "the server at %s sent an unexpected reply", line->address);
  line_cb done = request->done;
  void *arg = request->arg;
  if (line->unwritten == request)
    line->unwritten = request->next;
  line->answer_us = answer_time(line, request);
  request_free(request);
  if (done)
    line->protocol->deliver(done, arg, answer, NULL);
  return true;
}

/* `error`: an errno; 0: the server has closed. */
static void fail_reading(struct line *line, int error) {
  struct err err;
  if (error == 0 && line->protocol->ends && line->length > 0) {
    struct line_text text = {line->bytes, line->length};
    line->length = 0;
    if (!line_answer(line, &text, &err)) {
      line_break(line, &err);
      return;
    }
  }
  if (!line_is_open(line)) /* the callback has closed it */
    return;
  if (error == 0)
    err_set(&err, ERR_CLOSED, "the server closed the connection");
  else
    err_set(&err, err_kind_of_errno(-error), "%s", uv_strerror(-error));
  line_break(line, &err);
}

/* Delivers the complete answers among the collected bytes. */
static bool frame_answers(struct line *line, struct err *err) {
  size_t whole;
  while (line->protocol->whole && line_is_open(line) &&
         (whole = line->protocol->whole(line->bytes, line->length)) > 0) {
    struct line_text text = {line->bytes, whole};
    if (!line_answer(line, &text, err))
      return false;
    line->length -= whole;
    memmove(line->bytes, line->bytes + whole, line->length);
  }
  return true;
}

static bool frame(struct line *line, const char *bytes, size_t length, struct err *err) {
  const size_t most = line->protocol->answer_max;
  while (length > 0 && line_is_open(line)) {
    const size_t room = most - line->length, taken = length < room ? length : room;
    if (taken == 0)
      return err_set(err, ERR_LIMIT, "the answer is larger than %zu kB", most >> 10);
    memcpy(line->bytes + line->length, bytes, taken);
    line->length += taken;
    bytes += taken;
    length -= taken;
    if (!frame_answers(line, err))
      return false;
  }
  return true;
}

static bool take(struct line *line, const char *bytes, size_t length, struct err *err) {
  return line->protocol->receive ? line->protocol->receive(line->self, bytes, length, err)
                                 : frame(line, bytes, length, err);
}

/* The same through TLS. */
static void receive_tls(struct line *line) {
  char bytes[CHUNK];
  struct err err;
  do {
    line->read = moment_now(line);
    const ssize_t count = line_tls_read(line->tls, bytes, sizeof bytes, &err);
    if (count == 0)
      fail_reading(line, 0);
    else if (count < 0 && err.kind == ERR_NONE)
      return;
    else if (count < 0 || !take(line, bytes, (size_t)count, &err))
      line_break(line, &err);
  } while (line_is_open(line) && line_tls_pending(line->tls));
}

static void receive(struct line *line) {
  char bytes[CHUNK];
  struct err err = {0};
  if (line->tls) {
    receive_tls(line);
    return;
  }
  line->read = moment_now(line);
  ssize_t count = recv(line->socket, bytes, sizeof bytes, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (count <= 0)
    fail_reading(line, count < 0 ? errno : 0);
  else if (!take(line, bytes, (size_t)count, &err))
    line_break(line, &err);
}

/* The socket has an error. What the server sent before (too many clients, ...) can still be read
 * and explains it better. */
static void receive_last(struct line *line) {
  for (int i = 0; line_is_open(line) && i < READS_MAX; i++)
    receive(line);
  if (line_is_open(line))
    fail(line, ERR_CLOSED, "connection lost");
}

/* False if the socket accepts no more for now, or is broken. */
static bool write_tls(struct line *line, struct request *request) {
  struct err err;
  const ssize_t count = line_tls_write(line->tls, request->bytes + request->sent,
                                       request->length - request->sent, &err);
  if (count < 0 && err.kind != ERR_NONE)
    line_break(line, &err);
  if (count < 0)
    return false;
  request->sent += (size_t)count;
  return request->sent == request->length;
}

static bool write_one(struct line *line, struct request *request) {
  if (line->tls)
    return write_tls(line, request);
  ssize_t count = send(line->socket, request->bytes + request->sent,
                       request->length - request->sent, MSG_NOSIGNAL);
  if (count >= 0) {
    request->sent += (size_t)count;
    return request->sent == request->length;
  }
  if (errno == EAGAIN || errno == EINTR)
    return false;
  int error = errno;
  receive(line); /* what the server has sent explains it better */
  if (line_is_open(line))
    fail_reading(line, error);
  return false;
}

static void transmit(struct line *line) {
  while (line->unwritten && write_one(line, line->unwritten)) {
    struct request *request = line->unwritten;
    request_forget_bytes(request);
    request->written = moment_now(line);
    line->unwritten = request->next;
  }
  if (line_is_open(line) && !line->unwritten)
    (void)watch(line);
}

static void on_poll(uv_poll_t *poll, int status, int events) {
  struct line *line = poll->data;
  if (line->state == STATE_SHAKING) {
    shake(line);
    return;
  }
  if (status != 0) {
    receive_last(line);
    return;
  }
  if (events & UV_READABLE)
    receive(line);
  if (line_is_open(line) && (events & UV_WRITABLE))
    transmit(line);
}

struct line *line_open(struct io *io, const struct line_place *place,
                       const struct line_protocol *protocol, void *self) {
  struct line *line = mem_new(sizeof *line);
  *line = (struct line){.io = io,
                        .place = *place,
                        .protocol = protocol,
                        .self = self,
                        .state = STATE_DIALLING,
                        .socket = -1,
                        .open_handles = 1};
  if (place->host) {
    snprintf(line->host, sizeof line->host, "%s", place->host);
    line->place.host = line->host;
  }
  line->bytes = protocol->receive ? NULL : mem_new(protocol->answer_max);
  uv_loop_configure(io->loop, UV_METRICS_IDLE_TIME); /* as often as one likes; for moment_now */
  uv_timer_init(io->loop, &line->anchor);
  line->anchor.data = line;
  line->dial = place->path && *place->path
                   ? dial_file_start(io, place->path, on_dialled, line)
                   : dial_start(io, line->host, place->port, on_dialled, line);
  return line;
}

struct line *line_open_address(struct io *io, const char *address,
                               const struct line_protocol *protocol) {
  char host[HOST_MAX] = "";
  struct line_place place = {.host = host};
  struct err ignored; /* it was checked as an option */
  if (!tcp_address_split(address, host, &place.port, &ignored))
    *host = '\0';
  return line_open(io, &place, protocol, NULL);
}

bool line_is_open(const struct line *line) {
  return line->state == STATE_GREETING || line->state == STATE_READY;
}

bool line_usable(const struct line *line) {
  return line->state < STATE_BROKEN;
}

int64_t line_answer_us(const struct line *line) {
  return line->answer_us;
}

const char *line_address(const struct line *line) {
  return line->address;
}

const char *line_describe(const struct line *line, char *out, size_t size) {
  const struct line_place *place = &line->place;
  if (line->state == STATE_DIALLING && place->path && *place->path)
    snprintf(out, size, "not connected to %s yet", place->path);
  else if (line->state == STATE_DIALLING)
    snprintf(out, size, "not connected to port %d of %s yet", place->port, place->host);
  else if (line->state == STATE_SHAKING)
    snprintf(out, size, "connected to %s, no answer to the TLS handshake: it may not speak TLS",
             line->address);
  else if (!line_usable(line))
    snprintf(out, size, "%s", line->why.text);
  else if (line->sent.first)
    snprintf(out, size, "connected to %s, no answer to %s", line->address, line->sent.first->name);
  else
    snprintf(out, size, "connected to %s", line->address);
  return out;
}

static void queue_drop(struct queue *queue) {
  struct request *request;
  while ((request = queue_pop(queue)))
    request_free(request);
}

void line_close(struct line *line, void (*closed)(void *arg), void *arg) {
  line->state = STATE_CLOSED;
  line->closed = closed;
  line->closed_arg = arg;
  hang_up(line);
  queue_drop(&line->sent);
  queue_drop(&line->held);
  line->unwritten = NULL;
  uv_close((uv_handle_t *)&line->anchor, on_closed);
}
