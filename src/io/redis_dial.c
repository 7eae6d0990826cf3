#include "io/redis_dial.h"

#include "core/mem.h"
#include "io/resolve.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WHERE_MAX = REDIS_SOCKET_MAX };

struct attempt {
  struct redis_dial *dial;
  uv_poll_t poll;
  bool polled;
  int socket; /* -1: closed, or handed over */
};

struct redis_dial {
  struct io *io;
  const struct redis_url *url;
  struct resolve *resolve; /* until it has answered */
  redis_dial_cb done;      /* NULL once it has been called, or cancelled */
  void *arg;
  struct resolve_result addresses;
  uv_timer_t timer; /* the next address's turn; for a socket file, the first */
  struct attempt attempts[RESOLVE_MAX];
  size_t started, failed, open_handles;
  int first_error; /* negative; the first that came */
  char where[WHERE_MAX];
};

static void next_address(struct redis_dial *dial);

static void closed_one(struct redis_dial *dial) {
  if (--dial->open_handles == 0)
    free(dial);
}

static void on_timer_closed(uv_handle_t *handle) {
  closed_one(handle->data);
}

static void on_poll_closed(uv_handle_t *handle) {
  struct attempt *attempt = handle->data;
  closed_one(attempt->dial);
}

/* The poll first: closing its socket before would leave epoll with a number that may be reused. */
static void attempt_close(struct attempt *attempt) {
  if (attempt->polled && !uv_is_closing((uv_handle_t *)&attempt->poll))
    uv_close((uv_handle_t *)&attempt->poll, on_poll_closed);
  if (attempt->socket >= 0)
    close(attempt->socket);
  attempt->socket = -1;
}

static void close_all(struct redis_dial *dial) {
  for (size_t i = 0; i < dial->started; i++)
    attempt_close(&dial->attempts[i]);
  if (!uv_is_closing((uv_handle_t *)&dial->timer))
    uv_close((uv_handle_t *)&dial->timer, on_timer_closed);
}

static void fail(struct redis_dial *dial, const struct err *err) {
  redis_dial_cb done = dial->done;
  dial->done = NULL;
  close_all(dial); /* freed by the loop, later */
  done(dial->arg, -1, "", err);
}

static void fail_all(struct redis_dial *dial) {
  struct err err = {0};
  const struct redis_url *url = dial->url;
  enum err_kind kind = err_kind_of_errno(dial->first_error);
  if (*url->path)
    err_set(&err, dial->first_error == -ENOENT ? ERR_REFUSED : kind, "socket %s: %s", url->path,
            uv_strerror(dial->first_error));
  else if (kind == ERR_REFUSED)
    err_set(&err, kind, "refused: nobody listens on port %d of %s", url->port, url->host);
  else
    err_set(&err, kind, "port %d of %s: %s", url->port, url->host, uv_strerror(dial->first_error));
  fail(dial, &err);
}

static void attempt_failed(struct attempt *attempt, int error) {
  struct redis_dial *dial = attempt->dial;
  attempt_close(attempt);
  if (dial->failed++ == 0)
    dial->first_error = error;
  if (dial->started < dial->addresses.count)
    next_address(dial);
  else if (dial->failed == dial->started)
    fail_all(dial);
}

static void attempt_succeeded(struct attempt *attempt) {
  struct redis_dial *dial = attempt->dial;
  const struct sockaddr_storage *address = &dial->addresses.addresses[attempt - dial->attempts];
  int socket = attempt->socket;
  attempt->socket = -1;
  if (address->ss_family == AF_UNIX) {
    snprintf(dial->where, sizeof dial->where, "%s", dial->url->path);
  } else {
    char text[INET6_ADDRSTRLEN];
    int on = 1; /* a command is small and waits for nothing */
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    resolve_text(address, text, sizeof text);
    snprintf(dial->where, sizeof dial->where, address->ss_family == AF_INET6 ? "[%s]:%d" : "%s:%d",
             text, dial->url->port);
  }
  redis_dial_cb done = dial->done;
  dial->done = NULL;
  close_all(dial);
  done(dial->arg, socket, dial->where, NULL);
}

/* A refused connection comes as an error of the poll: the socket knows which. */
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
  struct redis_dial *dial = timer->data;
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

static void next_address(struct redis_dial *dial) {
  struct attempt *attempt = &dial->attempts[dial->started];
  const struct sockaddr_storage *address = &dial->addresses.addresses[dial->started];
  dial->started++;
  attempt->dial = dial;
  uv_timer_start(&dial->timer, on_timer, TCP_STAGGER_MS, 0);
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
  struct redis_dial *dial = arg;
  dial->resolve = NULL;
  if (!result) {
    fail(dial, err);
    return;
  }
  dial->addresses = *result;
  next_address(dial);
}

static void dial_file(struct redis_dial *dial) {
  struct sockaddr_un *address = (struct sockaddr_un *)&dial->addresses.addresses[0];
  address->sun_family = AF_UNIX;
  snprintf(address->sun_path, sizeof address->sun_path, "%s", dial->url->path);
  dial->addresses.count = 1;
  uv_timer_start(&dial->timer, on_timer, 0, 0);
}

struct redis_dial *redis_dial_start(struct io *io, const struct redis_url *url, redis_dial_cb done,
                                    void *arg) {
  struct redis_dial *dial = mem_new(sizeof *dial);
  *dial = (struct redis_dial){.io = io, .url = url, .done = done, .arg = arg};
  uv_timer_init(io->loop, &dial->timer);
  dial->timer.data = dial;
  dial->open_handles = 1;
  if (*url->path)
    dial_file(dial);
  else
    dial->resolve = resolve_start(io, url->host, url->port, on_resolved, dial);
  return dial;
}

void redis_dial_cancel(struct redis_dial *dial) {
  if (dial->resolve)
    resolve_cancel(dial->resolve);
  dial->resolve = NULL;
  dial->done = NULL;
  close_all(dial);
}
