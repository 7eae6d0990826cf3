#include "io/net/resolve.h"

#include "core/mem.h"
#include "io/limit.h"
#include "io/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVICE_MAX = 8 }; /* a port's digits */

/* A name that is being resolved; owned by the thread except for next, waiters and the result. */
struct look_up {
  struct worker_task task; /* first, so that a task is its lookup */
  struct look_up *next;
  struct resolve *waiters; /* in order of arrival; may be none */
  resolve_work work;
  char service[SERVICE_MAX];
  int status;
  struct err limit; /* a local limit that caused the error */
  struct resolve_result result;
  char host[];
};

struct resolver {
  struct worker_pool *pool;
  resolve_work work;
  struct look_up *look_ups;
  size_t waiting;
};

struct resolve {
  struct resolve *next;
  struct resolver *resolver;
  struct look_up *look_up; /* NULL: the timer delivers the answer */
  uv_timer_t soon;         /* no thread is needed (a numeric address), or none is available */
  resolve_cb done;         /* NULL once cancelled */
  void *arg;
  struct resolve_result result; /* for the timer; empty: err */
  struct err err;
};

static void take_addresses(struct resolve_result *result, const struct addrinfo *list) {
  for (; list && result->count < RESOLVE_MAX; list = list->ai_next)
    if (list->ai_family == AF_INET || list->ai_family == AF_INET6)
      memcpy(&result->addresses[result->count++], list->ai_addr, list->ai_addrlen);
}

static int ask_system(const char *host, const char *service, struct resolve_result *result) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *list = NULL;
  int status = getaddrinfo(host, service, &hints, &list);
  if (status != 0)
    return status;
  take_addresses(result, list);
  freeaddrinfo(list);
  return 0;
}

/* ---- the resolver */

struct resolver *resolver_new(struct io *io, resolve_work work) {
  struct resolver *resolver = mem_new(sizeof *resolver);
  resolver->pool = worker_pool_new(io, RESOLVE_LOOKUPS_MAX);
  resolver->work = work;
  worker_pool_keep_loop(resolver->pool, false);
  return resolver;
}

static void on_pool_closed(void *arg) {
  free(arg);
}

void resolver_free(struct resolver *resolver) {
  if (resolver)
    worker_pool_close(resolver->pool, on_pool_closed, resolver); /* drops the lookups */
}

static void waiting_begin(struct resolver *resolver) {
  if (resolver->waiting++ == 0)
    worker_pool_keep_loop(resolver->pool, true);
}

static void waiting_end(struct resolver *resolver) {
  if (--resolver->waiting == 0)
    worker_pool_keep_loop(resolver->pool, false);
}

/* ---- a lookup */

static void look_up_work(struct worker_task *task) {
  struct look_up *look_up = (struct look_up *)task;
  look_up->status = look_up->work(look_up->host, look_up->service, &look_up->result);
  /* Without a descriptor for hosts or resolv.conf, every answer is "unknown name". */
  if (look_up->result.count == 0 && limit_files_free(1, &look_up->limit))
    look_up->limit = (struct err){0};
}

static void look_up_drop(struct worker_task *task) {
  free((struct look_up *)task);
}

static void look_up_error(const struct look_up *look_up, struct err *err) {
  if (look_up->limit.kind == ERR_NONE)
    err_set(err, ERR_UNRESOLVED, "the name \"%s\" has no address%s%s", look_up->host,
            look_up->status ? ": " : "", look_up->status ? gai_strerror(look_up->status) : "");
  else
    *err = look_up->limit;
}

/* A callback may cancel other callers and start another lookup. */
static void look_up_done(struct worker_task *task) {
  struct look_up *look_up = (struct look_up *)task, **link;
  struct resolver *resolver = task->owner;
  struct resolve *waiter;
  struct err err = {0};
  for (link = &resolver->look_ups; *link != look_up; link = &(*link)->next)
    ;
  *link = look_up->next;
  bool found = look_up->result.count > 0;
  if (!found)
    look_up_error(look_up, &err);
  while ((waiter = look_up->waiters)) {
    look_up->waiters = waiter->next;
    waiting_end(resolver);
    waiter->done(waiter->arg, found ? &look_up->result : NULL, found ? NULL : &err);
    free(waiter);
  }
  free(look_up);
}

static struct look_up *look_up_find(const struct resolver *resolver, const char *host,
                                    const char *service) {
  struct look_up *look_up = resolver->look_ups;
  while (look_up && (strcmp(look_up->host, host) != 0 || strcmp(look_up->service, service) != 0))
    look_up = look_up->next;
  return look_up;
}

/* NULL with err if no thread can be started. */
static struct look_up *look_up_start(struct resolver *resolver, const char *host,
                                     const char *service, struct err *err) {
  size_t length = strlen(host);
  struct look_up *look_up = mem_new(sizeof *look_up + length + 1);
  memcpy(look_up->host, host, length);
  snprintf(look_up->service, sizeof look_up->service, "%s", service);
  look_up->work = resolver->work;
  look_up->task = (struct worker_task){
      .work = look_up_work, .done = look_up_done, .drop = look_up_drop, .owner = resolver};
  if (!worker_start(resolver->pool, &look_up->task, err)) {
    free(look_up);
    return NULL;
  }
  look_up->next = resolver->look_ups;
  resolver->look_ups = look_up;
  return look_up;
}

/* ---- callers */

static void on_soon_closed(uv_handle_t *handle) {
  free(handle->data);
}

static void on_soon(uv_timer_t *timer) {
  struct resolve *resolve = timer->data;
  bool found = resolve->result.count > 0;
  uv_close((uv_handle_t *)timer, on_soon_closed);
  resolve->done(resolve->arg, found ? &resolve->result : NULL, found ? NULL : &resolve->err);
}

static void answer_soon(struct resolve *resolve, struct io *io) {
  uv_timer_init(io->loop, &resolve->soon);
  resolve->soon.data = resolve;
  uv_timer_start(&resolve->soon, on_soon, 0, 0);
}

/* True if the host is a numeric address, which is then the result. */
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

static void wait_for(struct resolve *resolve, struct look_up *look_up) {
  struct resolve **last = &look_up->waiters;
  while (*last)
    last = &(*last)->next;
  *last = resolve;
  resolve->look_up = look_up;
  waiting_begin(resolve->resolver);
}

struct resolve *resolve_start(struct io *io, const char *host, int port, resolve_cb done,
                              void *arg) {
  struct resolve *resolve = mem_new(sizeof *resolve);
  resolve->done = done;
  resolve->arg = arg;
  if (parse_numeric(&resolve->result, host, port)) {
    answer_soon(resolve, io);
    return resolve;
  }
  if (!io->resolver)
    io->resolver = resolver_new(io, ask_system);
  resolve->resolver = io->resolver;
  char service[SERVICE_MAX];
  snprintf(service, sizeof service, "%d", port);
  struct look_up *look_up = look_up_find(io->resolver, host, service);
  if (!look_up)
    look_up = look_up_start(io->resolver, host, service, &resolve->err);
  if (look_up)
    wait_for(resolve, look_up);
  else
    answer_soon(resolve, io);
  return resolve;
}

void resolve_cancel(struct resolve *resolve) {
  resolve->done = NULL;
  if (!resolve->look_up) {
    uv_close((uv_handle_t *)&resolve->soon, on_soon_closed);
    return;
  }
  struct resolve **link = &resolve->look_up->waiters;
  while (*link != resolve)
    link = &(*link)->next;
  *link = resolve->next;
  waiting_end(resolve->resolver);
  free(resolve);
}

void resolve_text(const struct sockaddr_storage *address, char *out, size_t size) {
  const void *bytes = address->ss_family == AF_INET6
                          ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                          : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
  if (!inet_ntop(address->ss_family, bytes, out, (socklen_t)size))
    snprintf(out, size, "?");
}

void resolve_place(const struct sockaddr_storage *address, char out[PLACE_MAX]) {
  char host[INET6_ADDRSTRLEN];
  bool v6 = address->ss_family == AF_INET6;
  resolve_text(address, host, sizeof host);
  /* the port is at the same offset in both */
  snprintf(out, PLACE_MAX, v6 ? "[%s]:%d" : "%s:%d", host,
           ntohs(((const struct sockaddr_in *)address)->sin_port));
}
