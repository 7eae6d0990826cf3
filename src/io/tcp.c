#include "io/tcp.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/resolve.h"

#include <stdlib.h>
#include <string.h>

struct attempt {
  struct tcp_probe *probe;
  uv_tcp_t socket;
  uv_connect_t request;
  int64_t started_us;
};

struct tcp_probe {
  struct io *io;
  struct resolve *resolve; /* until it has answered */
  tcp_cb done;             /* NULL once it has been called, or cancelled */
  void *arg;
  char *host;
  int port;
  int64_t started_us;
  struct resolve_result addresses;
  uv_timer_t stagger;
  struct attempt attempts[RESOLVE_MAX];
  size_t started, failed, open_handles;
  int first_error; /* the first that came */
  struct tcp_result result;
};

static void next_address(struct tcp_probe *probe);

static void free_if_closed(struct tcp_probe *probe) {
  if (probe->open_handles > 0)
    return;
  free(probe->host);
  free(probe);
}

static void on_closed(uv_handle_t *handle) {
  struct tcp_probe *probe = handle->data;
  probe->open_handles--;
  free_if_closed(probe);
}

static void close_handle(uv_handle_t *handle) {
  if (!uv_is_closing(handle))
    uv_close(handle, on_closed);
}

static void close_all(struct tcp_probe *probe) {
  for (size_t i = 0; i < probe->started; i++)
    close_handle((uv_handle_t *)&probe->attempts[i].socket);
  close_handle((uv_handle_t *)&probe->stagger);
}

static void finish(struct tcp_probe *probe, const struct err *err) {
  tcp_cb done = probe->done;
  probe->done = NULL;
  close_all(probe); /* freed by the loop, later */
  done(probe->arg, err ? NULL : &probe->result, err);
}

static void fail(struct tcp_probe *probe) {
  struct err err = {0};
  enum err_kind kind = err_kind_of_errno(probe->first_error);
  if (kind == ERR_REFUSED)
    err_set(&err, kind, "refused: nobody listens on port %d of %s", probe->port, probe->host);
  else
    err_set(&err, kind, "port %d of %s: %s", probe->port, probe->host,
            uv_strerror(probe->first_error));
  finish(probe, &err);
}

static void attempt_failed(struct tcp_probe *probe, int status) {
  if (probe->failed++ == 0)
    probe->first_error = status;
  if (probe->started < probe->addresses.count)
    next_address(probe);
  else if (probe->failed == probe->started)
    fail(probe);
}

static void on_connected(uv_connect_t *request, int status) {
  struct attempt *attempt = request->data;
  struct tcp_probe *probe = attempt->probe;
  if (!probe->done) /* decided, or cancelled: this is the request's end by uv_close */
    return;
  if (status != 0) {
    attempt_failed(probe, status);
    return;
  }
  probe->result.connect_us = clock_now_us() - attempt->started_us;
  probe->result.address = probe->addresses.addresses[attempt - probe->attempts];
  finish(probe, NULL);
}

static void on_stagger(uv_timer_t *timer) {
  struct tcp_probe *probe = timer->data;
  if (probe->started < probe->addresses.count)
    next_address(probe);
}

static void next_address(struct tcp_probe *probe) {
  struct attempt *attempt = &probe->attempts[probe->started];
  const struct sockaddr *address =
      (const struct sockaddr *)&probe->addresses.addresses[probe->started];
  probe->started++;
  probe->open_handles++;
  attempt->probe = probe;
  attempt->request.data = attempt;
  attempt->started_us = clock_now_us();
  uv_tcp_init(probe->io->loop, &attempt->socket);
  attempt->socket.data = probe;
  uv_timer_start(&probe->stagger, on_stagger, TCP_STAGGER_MS, 0);
  int status = uv_tcp_connect(&attempt->request, &attempt->socket, address, on_connected);
  if (status != 0)
    attempt_failed(probe, status);
}

static void on_resolved(void *arg, const struct resolve_result *result, const struct err *err) {
  struct tcp_probe *probe = arg;
  probe->resolve = NULL;
  if (!result) {
    finish(probe, err);
    return;
  }
  probe->result.resolve_us = clock_now_us() - probe->started_us;
  probe->addresses = *result;
  next_address(probe);
}

struct tcp_probe *tcp_probe_start(struct io *io, const char *host, int port, tcp_cb done,
                                  void *arg) {
  struct tcp_probe *probe = mem_new(sizeof *probe);
  *probe = (struct tcp_probe){.io = io, .done = done, .arg = arg, .port = port};
  probe->host = mem_dup(host);
  probe->started_us = clock_now_us();
  uv_timer_init(io->loop, &probe->stagger);
  probe->stagger.data = probe;
  probe->open_handles = 1;
  probe->resolve = resolve_start(io, host, port, on_resolved, probe);
  return probe;
}

void tcp_probe_cancel(struct tcp_probe *probe) {
  if (probe->resolve)
    resolve_cancel(probe->resolve);
  probe->resolve = NULL;
  probe->done = NULL;
  close_all(probe);
}

bool tcp_probe_resolving(const struct tcp_probe *probe) {
  return probe->resolve != NULL;
}

bool tcp_address_split(const char *address, char host[HOST_MAX], int *port, struct err *err) {
  bool bracketed = *address == '[';
  const char *start = address + bracketed;
  const char *end = strchr(start, bracketed ? ']' : ':');
  const char *colon = end ? end + bracketed : NULL;
  size_t length = end ? (size_t)(end - start) : 0;
  if (!colon || *colon != ':' || length == 0 || length >= HOST_MAX)
    return err_set(err, ERR_INVALID, "\"%.100s\" is no address: write host:port or [IPv6]:port",
                   address);
  char *rest;
  long number = strtol(colon + 1, &rest, 10);
  if (!bracketed && strchr(colon + 1, ':'))
    return err_set(err, ERR_INVALID, "\"%.100s\": an IPv6 address needs brackets: [::1]:8000",
                   address);
  if (rest == colon + 1 || *rest || colon[1] < '0' || colon[1] > '9' || number < 1 ||
      number > 65535)
    return err_set(err, ERR_INVALID, "\"%.100s\" has no port from 1 to 65535 after its \":\"",
                   address);
  memcpy(host, start, length);
  host[length] = '\0';
  *port = (int)number;
  return true;
}
