#include "logs/log_container.h"

#include "clients/docker/docker_logs.h"
#include "core/mem.h"
#include "io/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* BEGIN: until an answer begins. AGAIN: between two questions about one that has ended. SETTLED:
 * what there was has been read when nothing has come for so long (the engine does not say). */
enum { BEGIN_MS = 10000, AGAIN_MS = 2000, SETTLED_MS = 300 };

struct log_container {
  struct log_source source;
  struct io *io;
  struct docker_endpoint endpoint;
  char *id;
  struct docker_request *request; /* NULL: none is under way */
  struct docker_lines *lines;
  uv_timer_t timer;
  struct docker_place place; /* by which no line is read twice */
  bool answered;             /* at least once */
  bool reading;              /* what there is */
  bool stopped;
  uint64_t bytes;
};

static void on_timer(uv_timer_t *timer);
static void container_ask(struct log_container *container);

static void timer_start(struct log_container *container, int64_t ms) {
  uv_timer_start(&container->timer, on_timer, (uint64_t)ms, 0);
}

static void on_line(void *arg, const struct docker_line *line) {
  struct log_container *container = arg;
  struct log_stamp stamp;
  struct log_record record = {.stderr_ = line->output == DOCKER_STDERR};
  struct log_clock *clock = &container->source.parser.clock;
  if (*line->stamp) {
    if (!docker_place_take(&container->place, line->stamp))
      return;
    if (log_time_parse(clock, line->stamp, strlen(line->stamp), &stamp)) {
      record.time = LOG_TIME_SOURCE;
      record.time_ms = stamp.time_ms;
    }
  }
  log_source_line(&container->source, line->text, line->len, line->cut, &record);
}

static bool on_bytes(void *arg, const char *bytes, size_t len) {
  struct log_container *container = arg;
  if (container->source.wants_resume)
    return false; /* nothing is taken, the engine waits */
  if (!container->answered) {
    container->answered = true;
    log_source_set_state(&container->source, LOG_SOURCE_READING);
  }
  container->bytes += len;
  docker_lines_feed(container->lines, bytes, len);
  log_source_progress(&container->source, container->bytes, 0);
  (void)log_source_flush(&container->source, false);
  if (container->reading)
    timer_start(container, SETTLED_MS);
  return true;
}

static void settle(struct log_container *container) {
  if (!container->reading)
    return;
  container->reading = false;
  if (container->source.want.follow)
    log_source_set_state(&container->source, LOG_SOURCE_FOLLOWING);
}

/* The words of an engine do not say whose log it is. */
static void name_it(const struct log_container *container, int status, const struct err *cause,
                    struct err *err) {
  const char *name = container->source.name;
  if (strstr(cause->text, container->id))
    *err = *cause;
  else if (status >= 400 && strstr(cause->text, "does not support reading"))
    err_set(err, cause->kind,
            "container %.80s: its log driver keeps nothing that the engine could read (%.100s)",
            name, cause->text);
  else
    err_set(err, cause->kind, "container %.80s: %.160s", name, cause->text);
}

/* The answer has ended: the container has, or what was asked for. */
static void on_done(void *arg, int status, json_t *json, const struct err *cause) {
  struct log_container *container = arg;
  struct err named;
  const struct err *err = cause ? &named : NULL;
  (void)json;
  if (cause)
    name_it(container, status, cause, &named);
  container->request = NULL;
  docker_lines_end(container->lines);
  (void)log_source_flush(&container->source, false);
  const bool gone = status == 404;
  if (err && (!container->answered || gone)) {
    log_source_fail(&container->source, err);
    return;
  }
  if (!container->source.want.follow) {
    if (err)
      log_source_fail(&container->source, err);
    else
      log_source_set_state(&container->source, LOG_SOURCE_ENDED);
    return;
  }
  container->answered = true;
  log_source_note(&container->source, err);
  settle(container);
  timer_start(container, AGAIN_MS);
}

static void on_timer(uv_timer_t *timer) {
  struct log_container *container = timer->data;
  if (container->request)
    settle(container);
  else
    container_ask(container);
}

enum { SINCE_MAX = 64 };

static void since_text(char out[SINCE_MAX], int64_t ms) {
  snprintf(out, SINCE_MAX, "&since=%" PRId64 ".%03d", ms / 1000, (int)(ms % 1000));
}

static void container_ask(struct log_container *container) {
  const struct log_want *want = &container->source.want;
  char path[DOCKER_PATH_MAX], tail[32] = "all", since[SINCE_MAX] = "", until[SINCE_MAX] = "";
  const bool whole = want->since_ms > 0 || !log_filter_is_empty(container->source.filter);
  if (!*container->place.last && want->tail > 0 && !whole)
    snprintf(tail, sizeof tail, "%zu", want->tail);
  struct log_stamp last;
  docker_place_ask(&container->place);
  if (*container->place.last &&
      log_time_parse(&container->source.parser.clock, container->place.last,
                     strlen(container->place.last), &last))
    since_text(since, last.time_ms);
  else if (want->since_ms > 0)
    since_text(since, want->since_ms);
  if (want->until_ms > 0) /* its own limit is exclusive, and in some engines in whole seconds */
    snprintf(until, sizeof until, "&until=%" PRId64, want->until_ms / 1000 + 1);
  char after[256];
  snprintf(after, sizeof after, "/logs?stdout=1&stderr=1&timestamps=1&follow=%d&tail=%s%s%s",
           want->follow, tail, since, until);
  if (!docker_path(path, "/containers/", container->id, after)) {
    struct err err;
    err_set(&err, ERR_LIMIT, "the id of the container is too long");
    log_source_fail(&container->source, &err);
    return;
  }
  const struct docker_query query = {.path = path, .timeout_ms = BEGIN_MS};
  container->request =
      docker_stream(container->io, &container->endpoint, &query, on_bytes, on_done, container);
  /* a container that wrote nothing answers without a byte */
  if (want->follow && container->reading)
    timer_start(container, container->answered ? SETTLED_MS : AGAIN_MS);
}

static void container_open(struct log_source *source) {
  struct log_container *container = (struct log_container *)source;
  log_source_hold(source); /* for the timer's handle */
  uv_timer_init(container->io->loop, &container->timer);
  container->timer.data = container;
  container->reading = true;
  container_ask(container);
}

static void container_resume(struct log_source *source) {
  struct log_container *container = (struct log_container *)source;
  if (container->request)
    docker_resume(container->request);
}

static void on_closed(uv_handle_t *handle) {
  struct log_container *container = handle->data;
  log_source_release(&container->source);
}

static void container_stop(struct log_source *source) {
  struct log_container *container = (struct log_container *)source;
  if (container->stopped || !container->timer.data)
    return; /* it was not opened */
  container->stopped = true;
  if (container->request)
    docker_cancel(container->request);
  container->request = NULL;
  uv_close((uv_handle_t *)&container->timer, on_closed);
}

static void container_free(struct log_source *source) {
  struct log_container *container = (struct log_container *)source;
  docker_lines_free(container->lines);
  free(container->id);
  log_source_fini(source);
  free(container);
}

static const struct log_source_kind kind = {.open = container_open,
                                            .resume = container_resume,
                                            .stop = container_stop,
                                            .free = container_free};

struct log_source *log_container_new(struct io *io, const struct docker_endpoint *endpoint,
                                     const char *id, const char *name, const struct log_want *want,
                                     const struct log_filter *filter) {
  struct log_container *container = mem_new(sizeof *container);
  char *place = mem_printf("container %.12s", id);
  log_source_init(&container->source, &kind, name, place, want, filter);
  free(place);
  container->io = io;
  container->endpoint = *endpoint;
  container->id = mem_dup(id);
  container->lines = docker_lines_new(on_line, container);
  return &container->source;
}
