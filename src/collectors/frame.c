#include "collectors/frame.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/net/line.h"

#include <assert.h>
#include <stdlib.h>

static void *open_instance(const struct watch_kind *kind, const struct watch *given,
                           struct err *err) {
  struct watch *watch = mem_new(kind->size);
  *watch = *given;
  watch->kind = kind;
  if (kind->init && !kind->init(watch, err)) {
    free(watch);
    return NULL;
  }
  if (kind->late) {
    uv_timer_init(watch->io->loop, &watch->timer);
    watch->timer.data = watch;
    watch_hold(watch);
  }
  return watch;
}

void *watch_open(const struct watch_kind *kind, struct io *io, const struct target *target,
                 struct err *err) {
  return open_instance(kind, &(struct watch){.io = io, .target = target}, err);
}

void *watch_open_page(const struct page *page, struct io *io, const struct target *target,
                      const struct page_focus *focus, struct err *err) {
  const struct watch given = {.io = io, .target = target, .page = page, .focus = focus};
  return open_instance(page->watch, &given, err);
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

/* Brings the instance to rest before the job completes: completion may start the next one, or close
 * the instance. */
static struct job *rest(struct watch *watch) {
  struct job *job = watch->job;
  assert(job);
  watch->job = NULL;
  if (watch->kind->late)
    uv_timer_stop(&watch->timer);
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
  struct err copy = *err; /* it may be in memory that is freed now */
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

int64_t watch_end_ms(const struct watch *watch, int64_t margin_min_ms, int64_t margin_max_ms) {
  int64_t margin_ms = (watch->job->deadline_ms - clock_now_ms()) / 20;
  if (margin_ms < margin_min_ms)
    margin_ms = margin_min_ms;
  return watch->job->deadline_ms - (margin_ms > margin_max_ms ? margin_max_ms : margin_ms);
}

static void on_late(uv_timer_t *timer) {
  struct watch *watch = timer->data;
  watch->kind->late(watch);
}

void watch_wait(struct watch *watch, int64_t wait_ms) {
  uv_update_time(watch->io->loop); /* the timer counts from the loop's own time, cached before */
  uv_timer_start(&watch->timer, on_late, wait_ms > 1 ? (uint64_t)wait_ms : 1, 0);
}

static void on_timer_closed(uv_handle_t *handle) {
  watch_released(handle->data);
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
  watch_hold(watch); /* so that it cannot end before all handles have begun to close */
  watch_drop(watch);
  if (watch->kind->late)
    uv_close((uv_handle_t *)&watch->timer, on_timer_closed);
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
