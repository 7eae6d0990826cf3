#include "io/resolve.h"

#include "core/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct resolve {
  uv_getaddrinfo_t request;
  uv_timer_t soon; /* carries the answer where no thread is needed: a numeric address, a bad name */
  bool by_timer;
  resolve_cb done; /* NULL once cancelled */
  void *arg;
  char *host;
  int status; /* why no look-up could be started; 0 when one was, or was not needed */
  struct resolve_result result;
};

static void resolve_free(struct resolve *resolve) {
  free(resolve->host);
  free(resolve);
}

static void take_addresses(struct resolve_result *result, const struct addrinfo *list) {
  for (; list && result->count < RESOLVE_MAX; list = list->ai_next)
    if (list->ai_family == AF_INET || list->ai_family == AF_INET6)
      memcpy(&result->addresses[result->count++], list->ai_addr, list->ai_addrlen);
}

static void on_soon_closed(uv_handle_t *handle) {
  resolve_free(handle->data);
}

/* Hands the result over; an empty one is the error of a name without an address. */
static void resolve_finish(struct resolve *resolve, int status) {
  if (!resolve->done)
    return;
  if (resolve->result.count > 0) {
    resolve->done(resolve->arg, &resolve->result, NULL);
    return;
  }
  struct err err = {0};
  err_set(&err, ERR_UNRESOLVED, "the name \"%s\" has no address%s%s", resolve->host,
          status ? ": " : "", status ? uv_strerror(status) : "");
  resolve->done(resolve->arg, NULL, &err);
}

static void on_soon(uv_timer_t *timer) {
  struct resolve *resolve = timer->data;
  uv_close((uv_handle_t *)timer, on_soon_closed);
  resolve_finish(resolve, resolve->status);
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *list) {
  struct resolve *resolve = request->data;
  if (status == 0)
    take_addresses(&resolve->result, list);
  uv_freeaddrinfo(list);
  resolve_finish(resolve, status);
  resolve_free(resolve);
}

static void answer_soon(struct resolve *resolve, struct io *io) {
  resolve->by_timer = true;
  uv_timer_init(io->loop, &resolve->soon);
  uv_timer_start(&resolve->soon, on_soon, 0, 0);
}

/* True if the host is a numeric address; it is then in the result. */
static bool parse_numeric(struct resolve_result *result, const char *host, int port) {
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  if (uv_ip4_addr(host, port, &v4) == 0)
    memcpy(&result->addresses[0], &v4, sizeof v4);
  else if (uv_ip6_addr(host, port, &v6) == 0)
    memcpy(&result->addresses[0], &v6, sizeof v6);
  else
    return false;
  result->count = 1;
  return true;
}

struct resolve *resolve_start(struct io *io, const char *host, int port, resolve_cb done,
                              void *arg) {
  struct resolve *resolve = mem_new(sizeof *resolve);
  resolve->done = done;
  resolve->arg = arg;
  resolve->host = mem_dup(host);
  resolve->request.data = resolve->soon.data = resolve;
  if (parse_numeric(&resolve->result, host, port)) {
    answer_soon(resolve, io);
    return resolve;
  }
  char service[8];
  snprintf(service, sizeof service, "%d", port);
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  resolve->status =
      uv_getaddrinfo(io->loop, &resolve->request, on_looked_up, host, service, &hints);
  if (resolve->status != 0)
    answer_soon(resolve, io);
  return resolve;
}

void resolve_cancel(struct resolve *resolve) {
  resolve->done = NULL;
  if (!resolve->by_timer)
    uv_cancel((uv_req_t *)&resolve->request); /* works only while it is queued; else it runs out */
}

void resolve_text(const struct sockaddr_storage *address, char *out, size_t size) {
  const void *bytes = address->ss_family == AF_INET6
                          ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                          : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
  if (!inet_ntop(address->ss_family, bytes, out, (socklen_t)size))
    snprintf(out, size, "?");
}
