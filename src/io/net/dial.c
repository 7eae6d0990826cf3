#include "io/net/dial.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/limit.h"
#include "io/net/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct attempt {
  struct dial *dial;
  uv_poll_t poll;
  bool polled;
  int socket; /* -1: closed, or passed on */
  int64_t started_us;
};

struct dial {
  struct io *io;
  char *place; /* the host, or the path of a socket */
  int port;
  struct resolve *resolve; /* while the name is being resolved */
  dial_cb done;            /* NULL once it was called, or cancelled */
  void *arg;
  int64_t started_us;
  struct resolve_result addresses;
  uv_timer_t timer; /* for the next address; for a socket file, the first */
  struct attempt attempts[RESOLVE_MAX];
  size_t started, failed, open_handles;
  int first_error; /* negative; the first error */
  struct dial_result result;
};

static void next_address(struct dial *dial);

static void closed_one(struct dial *dial) {
  if (--dial->open_handles > 0)
    return;
  free(dial->place);
  free(dial);
}

static void on_timer_closed(uv_handle_t *handle) {
  closed_one(handle->data);
}

static void on_poll_closed(uv_handle_t *handle) {
  struct attempt *attempt = handle->data;
  closed_one(attempt->dial);
}

/* The poll first: if its socket were closed before, epoll would keep a number that may be
 * reused. */
static void attempt_close(struct attempt *attempt) {
  if (attempt->polled && !uv_is_closing((uv_handle_t *)&attempt->poll))
    uv_close((uv_handle_t *)&attempt->poll, on_poll_closed);
  if (attempt->socket >= 0)
    close(attempt->socket);
  attempt->socket = -1;
}

static void close_all(struct dial *dial) {
  for (size_t i = 0; i < dial->started; i++)
    attempt_close(&dial->attempts[i]);
  if (!uv_is_closing((uv_handle_t *)&dial->timer))
    uv_close((uv_handle_t *)&dial->timer, on_timer_closed);
}

static void fail(struct dial *dial, const struct err *err) {
  dial_cb done = dial->done;
  dial->done = NULL;
  close_all(dial); /* freed by the loop, later */
  done(dial->arg, NULL, err);
}

static bool is_file(const struct dial *dial) {
  return dial->port == 0;
}

static void fail_all(struct dial *dial) {
  struct err err = {0};
  enum err_kind kind = err_kind_of_errno(dial->first_error);
  const char *why = uv_strerror(dial->first_error);
  if (limit_error(-dial->first_error, &err))
    ;
  else if (is_file(dial))
    err_set(&err, dial->first_error == -ENOENT ? ERR_REFUSED : kind, "socket %s: %s", dial->place,
            why);
  else if (kind == ERR_REFUSED)
    err_set(&err, kind, "refused: nothing listens on port %d of %s", dial->port, dial->place);
  else
    err_set(&err, kind, "port %d of %s: %s", dial->port, dial->place, why);
  fail(dial, &err);
}

static void attempt_failed(struct attempt *attempt, int error) {
  struct dial *dial = attempt->dial;
  attempt_close(attempt);
  if (dial->failed++ == 0)
    dial->first_error = error;
  if (dial->started < dial->addresses.count)
    next_address(dial);
  else if (dial->failed == dial->started)
    fail_all(dial);
}

static void attempt_succeeded(struct attempt *attempt) {
  struct dial *dial = attempt->dial;
  dial->result.connect_us = clock_now_us() - attempt->started_us;
  dial->result.address = dial->addresses.addresses[attempt - dial->attempts];
  dial->result.socket = attempt->socket;
  attempt->socket = -1;
  dial_cb done = dial->done;
  dial->done = NULL;
  close_all(dial); /* freed by the loop, later */
  done(dial->arg, &dial->result, NULL);
}

/* A refused connection is an error of the poll: the socket has the reason. */
static void on_poll(uv_poll_t *poll, int status, int events) {
  struct attempt *attempt = poll->data;
  int error = 0;
  socklen_t size = sizeof error;
  (void)events;
  if (getsockopt(attempt->socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    error = errno;
  if (error != 0 || status != 0)
    attempt_failed(attempt, error ? -error : status);
  else
    attempt_succeeded(attempt);
}

static void on_timer(uv_timer_t *timer) {
  struct dial *dial = timer->data;
  if (dial->started < dial->addresses.count)
    next_address(dial);
}

static socklen_t address_size(const struct sockaddr_storage *address) {
  switch (address->ss_family) {
  case AF_INET:
    return sizeof(struct sockaddr_in);
  case AF_INET6:
    return sizeof(struct sockaddr_in6);
  default:
    return sizeof(struct sockaddr_un);
  }
}

static void next_address(struct dial *dial) {
  struct attempt *attempt = &dial->attempts[dial->started];
  const struct sockaddr_storage *address = &dial->addresses.addresses[dial->started];
  dial->started++;
  attempt->dial = dial;
  attempt->started_us = clock_now_us();
  uv_timer_start(&dial->timer, on_timer, DIAL_STAGGER_MS, 0);
  attempt->socket = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (attempt->socket < 0) {
    attempt_failed(attempt, -errno);
    return;
  }
  if (connect(attempt->socket, (const struct sockaddr *)address, address_size(address)) == 0) {
    attempt_succeeded(attempt);
    return;
  }
  if (errno != EINPROGRESS) {
    attempt_failed(attempt, -errno);
    return;
  }
  int status = uv_poll_init(dial->io->loop, &attempt->poll, attempt->socket);
  if (status == 0) {
    attempt->polled = true;
    attempt->poll.data = attempt;
    dial->open_handles++;
    status = uv_poll_start(&attempt->poll, UV_WRITABLE, on_poll);
  }
  if (status != 0)
    attempt_failed(attempt, status);
}

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err) {
  struct dial *dial = arg;
  dial->resolve = NULL;
  if (!result) {
    fail(dial, err);
    return;
  }
  dial->result.resolve_us = clock_now_us() - dial->started_us;
  dial->addresses = *result;
  next_address(dial);
}

static struct dial *dial_new(struct io *io, const char *place, int port, dial_cb done, void *arg) {
  struct dial *dial = mem_new(sizeof *dial);
  *dial = (struct dial){.io = io, .port = port, .done = done, .arg = arg};
  dial->place = mem_dup(place);
  dial->started_us = clock_now_us();
  uv_timer_init(io->loop, &dial->timer);
  dial->timer.data = dial;
  dial->open_handles = 1;
  return dial;
}

struct dial *dial_start(struct io *io, const char *host, int port, dial_cb done, void *arg) {
  struct dial *dial = dial_new(io, host, port, done, arg);
  dial->resolve = resolve_start(io, host, port, on_resolved, dial);
  return dial;
}

struct dial *dial_file_start(struct io *io, const char *path, dial_cb done, void *arg) {
  struct dial *dial = dial_new(io, path, 0, done, arg);
  struct sockaddr_un *address = (struct sockaddr_un *)&dial->addresses.addresses[0];
  address->sun_family = AF_UNIX;
  snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
  dial->addresses.count = 1;
  uv_timer_start(&dial->timer, on_timer, 0, 0);
  return dial;
}

void dial_cancel(struct dial *dial) {
  if (dial->resolve)
    resolve_cancel(dial->resolve);
  dial->resolve = NULL;
  dial->done = NULL;
  close_all(dial);
}

bool dial_is_resolving(const struct dial *dial) {
  return dial->resolve != NULL;
}
