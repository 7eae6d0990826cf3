#include "collectors/frame.h"

#include "core/mem.h"
#include "io/line.h"

#include <assert.h>
#include <stdlib.h>

void *watch_open(const struct watch_kind *kind, struct io *io, const struct target *target,
                 struct err *err) {
  struct watch *watch = mem_new(kind->size);
  watch->kind = kind;
  watch->io = io;
  watch->target = target;
  if (kind->init(watch, err))
    return watch;
  free(watch);
  return NULL;
}

void watch_start(void *self, struct job *job) {
  struct watch *watch = self;
  assert(!watch->job && !watch->closed);
  watch->job = job;
  watch->requests = 0;
  watch->kind->ask(watch);
}

void *watch_connect(struct watch *watch, bool *fresh) {
  bool usable = watch->conn && watch->kind->conn->usable(watch->conn);
  if (fresh)
    *fresh = !usable;
  if (usable)
    return watch->conn;
  watch_drop(watch);
  watch_hold(watch);
  watch->conn = watch->kind->connect(watch);
  return watch->conn;
}

void watch_drop(struct watch *watch) {
  void *conn = watch->conn;
  watch->conn = NULL;
  if (conn)
    watch->kind->conn->close(conn, watch_released, watch);
}

/* Before the job is handed back, all is as at rest: it may start the next one, or close us. */
static struct job *rest(struct watch *watch) {
  struct job *job = watch->job;
  assert(job);
  watch->job = NULL;
  if (watch->kind->rest)
    watch->kind->rest(watch);
  return job;
}

void watch_done(struct watch *watch, struct sample *sample) {
  const char *address =
      watch->conn && watch->kind->conn->address ? watch->kind->conn->address(watch->conn) : NULL;
  if (address)
    sample->address = sample_copy(sample, address);
  sample->requests = watch->requests;
  job_done(rest(watch), sample);
}

void watch_failed(struct watch *watch, const struct err *err) {
  struct err copy = *err; /* it may lie in what is closed now */
  if (watch->conn && !watch->kind->conn->usable(watch->conn))
    watch_drop(watch);
  job_failed(rest(watch), &copy);
}

void watch_cancel(void *self, struct err *err) {
  struct watch *watch = self;
  char where[200];
  struct err so_far = *err;
  if (!watch->job)
    return;
  if (watch->kind->forget)
    watch->kind->forget(watch, err);
  else if (watch->conn && err->kind == ERR_TIMEOUT)
    err_set(err, ERR_TIMEOUT, "%.48s: %s", so_far.text,
            watch->kind->conn->describe(watch->conn, where, sizeof where));
  watch_drop(watch);
  rest(watch);
}

void watch_hold(struct watch *watch) {
  watch->open++;
}

void watch_released(void *arg) {
  struct watch *watch = arg;
  assert(watch->open > 0);
  if (--watch->open > 0 || !watch->closed)
    return;
  void (*closed)(void *arg) = watch->closed;
  void *closed_arg = watch->closed_arg;
  if (watch->kind->fini)
    watch->kind->fini(watch);
  free(watch);
  closed(closed_arg);
}

void watch_close(void *self, void (*done)(void *arg), void *arg) {
  struct watch *watch = self;
  assert(!watch->job);
  watch->closed = done;
  watch->closed_arg = arg;
  watch_hold(watch); /* so that it cannot end before all has begun to close */
  watch_drop(watch);
  if (watch->kind->end)
    watch->kind->end(watch);
  watch_released(watch);
}

static bool is_line_usable(const void *conn) {
  return line_usable(conn);
}

static void close_line(void *conn, void (*closed)(void *arg), void *arg) {
  line_close(conn, closed, arg);
}

static const char *describe_line(const void *conn, char *out, size_t size) {
  return line_describe(conn, out, size);
}

static const char *address_of_line(const void *conn) {
  return line_address(conn);
}

const struct watch_conn watch_line_conn = {.usable = is_line_usable,
                                           .close = close_line,
                                           .describe = describe_line,
                                           .address = address_of_line};
