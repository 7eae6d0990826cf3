#include "logs/log_pod.h"

#include "clients/docker/docker_logs.h"
#include "clients/kubernetes/kubernetes.h"
#include "core/mem.h"
#include "io/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* BEGIN: until an answer begins. SILENT: how long a follow may bring nothing before it is asked
 * again, by which a server that is gone is noticed. AGAIN: between two questions about one that has
 * ended, or cannot be read yet; longer each time that nothing has come. */
enum { BEGIN_MS = 10000, SILENT_MS = 120000, AGAIN_MS = 1000, AGAIN_MAX_MS = 10000 };

enum step { STEP_PREVIOUS, STEP_PRESENT, STEP_FOLLOW };

struct log_pod {
  struct log_source source;
  struct io *io;
  struct kubernetes_proxy *proxy; /* NULL: released */
  char *namespace, *pod, *container;
  enum step step;
  struct kubernetes_wait wait;
  bool waits;
  struct http_request *request; /* NULL: none is under way */
  /* A log of a pod is that of an engine without frames, with times. */
  struct docker_lines *lines;
  uv_timer_t timer;
  char last[DOCKER_STAMP_MAX];  /* the time of the last line */
  char known[DOCKER_STAMP_MAX]; /* `last` when it was asked: what is not later was read before */
  bool opened, stopped, answered;
  int64_t again_ms;
  uint64_t bytes;
};

int log_pod_stamp_compare(const char *one, const char *other) {
  enum { SECONDS = 19 }; /* "2026-11-27T10:00:00" */
  const int seconds = strncmp(one, other, SECONDS);
  if (seconds != 0 || strlen(one) < SECONDS || strlen(other) < SECONDS)
    return seconds;
  one += one[SECONDS] == '.' ? SECONDS + 1 : SECONDS;
  other += other[SECONDS] == '.' ? SECONDS + 1 : SECONDS;
  for (;;) {
    const bool more = isdigit((unsigned char)*one), others = isdigit((unsigned char)*other);
    const char a = more ? *one++ : '0', b = others ? *other++ : '0';
    if (a != b || (!more && !others))
      return a - b;
  }
}

static void on_line(void *arg, const struct docker_line *line) {
  struct log_pod *pod = arg;
  struct log_stamp stamp;
  struct log_record record = {0};
  if (*line->stamp) {
    if (*pod->known && log_pod_stamp_compare(line->stamp, pod->known) <= 0)
      return;
    memcpy(pod->last, line->stamp, sizeof pod->last);
    if (log_time_parse(&pod->source.parser.clock, line->stamp, strlen(line->stamp), &stamp)) {
      record.time = LOG_TIME_SOURCE;
      record.time_ms = stamp.time_ms;
    }
  }
  pod->again_ms = AGAIN_MS;
  log_source_line(&pod->source, line->text, line->len, line->cut, &record);
}

static enum http_piece on_piece(void *arg, const char *bytes, size_t len) {
  struct log_pod *pod = arg;
  if (pod->source.wants_resume)
    return HTTP_LATER; /* nothing is taken, the server waits */
  pod->bytes += len;
  docker_lines_feed(pod->lines, bytes, len);
  log_source_progress(&pod->source, pod->bytes, 0);
  (void)log_source_flush(&pod->source, false);
  return HTTP_TAKEN;
}

/* ---- what comes after an answer */

static void ask_in(struct log_pod *pod, int64_t ms);

static void ask_later(struct log_pod *pod) {
  pod->step = STEP_PRESENT;
  ask_in(pod, pod->again_ms);
  pod->again_ms = pod->again_ms * 2 < AGAIN_MAX_MS ? pod->again_ms * 2 : AGAIN_MAX_MS;
}

static void take_present(struct log_pod *pod, const struct err *err) {
  log_source_note(&pod->source, err);
  log_source_set_state(&pod->source, LOG_SOURCE_FOLLOWING);
  if (err) {
    ask_later(pod);
    return;
  }
  pod->step = STEP_FOLLOW;
  ask_in(pod, 0);
}

static void take(struct log_pod *pod, int status, const struct err *cause) {
  struct err named;
  const struct err *err = cause ? &named : NULL;
  if (cause && strstr(cause->text, pod->pod))
    named = *cause;
  else if (cause) /* the words of a connection do not say whose it is */
    err_set(&named, cause->kind, "%.60s: %.190s", pod->source.place, cause->text);
  const bool denied = status == 401 || status == 403;
  const bool follow = pod->source.want.follow;
  if (pod->step == STEP_PREVIOUS && !denied) {
    pod->step = STEP_PRESENT; /* a run that is no longer kept is not missed */
    ask_in(pod, 0);
  } else if (status == 404 && pod->answered) {
    log_source_set_state(&pod->source, LOG_SOURCE_ENDED); /* the pod was deleted */
  } else if (denied || status == 404 || (err && !follow)) {
    log_source_fail(&pod->source, err);
  } else if (!follow) {
    log_source_set_state(&pod->source, LOG_SOURCE_ENDED);
  } else if (pod->step == STEP_PRESENT) {
    take_present(pod, err);
  } else {
    ask_later(pod); /* it has ended, or the connection has: the next question says which */
  }
}

static void on_answer(void *arg, const struct http_result *result, const struct err *err) {
  struct log_pod *pod = arg;
  struct err said = {0};
  const int status = result ? result->status : 0;
  pod->request = NULL;
  docker_lines_end(pod->lines);
  (void)log_source_flush(&pod->source, false);
  if (result && (status < 200 || status > 299)) {
    json_t *json = kubernetes_parse(result->body, result->body_len, false, &said);
    kubernetes_status_error(status, json, result->body, &said);
    json_decref(json);
    err = &said;
  }
  pod->answered |= err == NULL;
  take(pod, status, err);
}

/* ---- questions */

/* The server takes whole seconds: what is read twice is known by its time. */
static void since_append(char *path, size_t size, int64_t ms) {
  const time_t seconds = (time_t)(ms / 1000);
  const size_t len = strlen(path);
  struct tm tm;
  if (gmtime_r(&seconds, &tm))
    (void)strftime(path + len, size - len, "&sinceTime=%Y-%m-%dT%H:%M:%SZ", &tm);
}

static bool path_make(struct log_pod *pod, char path[KUBERNETES_PATH_MAX]) {
  const struct log_want *want = &pod->source.want;
  const bool whole = want->since_ms > 0 || !log_filter_is_empty(pod->source.filter);
  struct log_stamp last;
  char after[256];
  if (!kubernetes_path(path, "/api/v1/namespaces/%s/pods/%s/log?container=%s", pod->namespace,
                       pod->pod, pod->container))
    return false;
  snprintf(after, sizeof after, "&timestamps=true%s%s",
           pod->step == STEP_PREVIOUS ? "&previous=true" : "",
           pod->step == STEP_FOLLOW ? "&follow=true" : "");
  const size_t len = strlen(after);
  if (*pod->last && log_time_parse(&pod->source.parser.clock, pod->last, strlen(pod->last), &last))
    since_append(after, sizeof after, last.time_ms);
  else if (want->since_ms > 0)
    since_append(after, sizeof after, want->since_ms);
  else if (want->tail > 0 && !whole && pod->step != STEP_FOLLOW)
    snprintf(after + len, sizeof after - len, "&tailLines=%zu", want->tail);
  if (strlen(path) + strlen(after) >= KUBERNETES_PATH_MAX)
    return false;
  strcat(path, after);
  return true;
}

static void on_ready(void *arg, const struct err *err) {
  struct log_pod *pod = arg;
  char path[KUBERNETES_PATH_MAX];
  struct err invalid;
  pod->waits = false;
  if (err) {
    take(pod, 0, err);
    return;
  }
  if (!path_make(pod, path)) {
    err_set(&invalid, ERR_INVALID, "not the name of a pod");
    log_source_fail(&pod->source, &invalid);
    return;
  }
  memcpy(pod->known, pod->last, sizeof pod->known);
  const bool follows = pod->step == STEP_FOLLOW;
  char *url = mem_printf("%s%s", kubernetes_proxy_url(pod->proxy), path);
  const struct http_query query = {.url = url,
                                   .socket = kubernetes_proxy_socket(pod->proxy),
                                   .stream = on_piece,
                                   .timeout_ms = follows ? SILENT_MS : BEGIN_MS,
                                   .silence_ms = follows ? SILENT_MS : BEGIN_MS};
  pod->request = http_send(pod->io, &query, on_answer, pod);
  free(url);
}

static void on_timer(uv_timer_t *timer) {
  struct log_pod *pod = timer->data;
  pod->waits = true;
  pod->wait = (struct kubernetes_wait){.done = on_ready, .arg = pod};
  kubernetes_proxy_wait(pod->proxy, &pod->wait);
}

static void ask_in(struct log_pod *pod, int64_t ms) {
  uv_timer_start(&pod->timer, on_timer, (uint64_t)ms, 0);
}

/* ---- the source */

static void pod_open(struct log_source *source) {
  struct log_pod *pod = (struct log_pod *)source;
  log_source_hold(source); /* for the timer's handle */
  uv_timer_init(pod->io->loop, &pod->timer);
  pod->timer.data = pod;
  pod->opened = true;
  log_source_set_state(source, LOG_SOURCE_READING);
  ask_in(pod, 0);
}

static void pod_resume(struct log_source *source) {
  struct log_pod *pod = (struct log_pod *)source;
  if (pod->request)
    http_resume(pod->request);
}

static void on_closed(uv_handle_t *handle) {
  struct log_pod *pod = handle->data;
  log_source_release(&pod->source);
}

static void pod_stop(struct log_source *source) {
  struct log_pod *pod = (struct log_pod *)source;
  if (pod->stopped || !pod->opened)
    return;
  pod->stopped = true;
  if (pod->request)
    http_cancel(pod->request);
  if (pod->waits)
    kubernetes_proxy_cancel(pod->proxy, &pod->wait);
  pod->request = NULL;
  pod->waits = false;
  kubernetes_proxy_release(pod->proxy, NULL, NULL);
  pod->proxy = NULL;
  uv_close((uv_handle_t *)&pod->timer, on_closed);
}

static void pod_free(struct log_source *source) {
  struct log_pod *pod = (struct log_pod *)source;
  if (pod->proxy) /* it was not opened */
    kubernetes_proxy_release(pod->proxy, NULL, NULL);
  docker_lines_free(pod->lines);
  free(pod->namespace);
  free(pod->pod);
  free(pod->container);
  log_source_fini(source);
  free(pod);
}

static const struct log_source_kind kind = {
    .open = pod_open, .resume = pod_resume, .stop = pod_stop, .free = pod_free};

char *log_pod_name(const struct log_pod_place *place) {
  return place->alone ? mem_dup(place->pod) : mem_printf("%s/%s", place->pod, place->container);
}

struct log_source *log_pod_new(struct io *io, const struct kubernetes_login *login,
                               const struct log_pod_place *place, const struct log_want *want,
                               const struct log_filter *filter) {
  struct log_pod *pod = mem_new(sizeof *pod);
  char *name = log_pod_name(place);
  char *where =
      mem_printf("pod %s/%s, container %s", place->namespace, place->pod, place->container);
  log_source_init(&pod->source, &kind, name, where, want, filter);
  free(name);
  free(where);
  pod->io = io;
  pod->proxy = kubernetes_proxy_take(io, login);
  pod->namespace = mem_dup(place->namespace);
  pod->pod = mem_dup(place->pod);
  pod->container = mem_dup(place->container);
  pod->step = place->restarted ? STEP_PREVIOUS : STEP_PRESENT;
  pod->again_ms = AGAIN_MS;
  pod->lines = docker_lines_new(on_line, pod);
  return &pod->source;
}
