/* A Docker engine, or Podman's service: its containers, their state and what they use.
 *
 * One collection lists the containers, then asks for each of them what the list does not say
 * (restarts, exit code, OOM kill, health) and, where it runs, what it uses; at most QUESTIONS_MAX
 * questions at a time. */
#include "collectors/frame.h"

#include "clients/docker/docker.h"
#include "clients/docker/docker_target.h"
#include "collectors/docker/docker_rows.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Docker 20.10 answers each question for the usage at its next tick, once a second, so hundreds of
 * containers are read in time only where many are asked for at once. */
enum { TIMEOUT_MS = 10000, MARGIN_MS = 50, QUESTIONS_MAX = 100, ARENA_MAX = 16 << 20 };
enum { VERSION_MAX = 80, VERSION_AGAIN_MS = 60000 };
enum { CLOCKS_DIFFER_S = 2 }; /* the engine says its time in whole seconds */

static const char list_path[] = "/containers/json?all=true";

static bool endpoint_check(const char *text, struct err *err);

static const struct option options[] = {
    {.name = "endpoint",
     .type = OPTION_TEXT,
     .help = "where the engine listens, as in DOCKER_HOST (unix, tcp, ssh); else DOCKER_HOST, else "
             "the current docker context, else the usual socket",
     .example = "\"unix:///var/run/docker.sock\"",
     .check = endpoint_check},
    {.name = "projects",
     .type = OPTION_LIST,
     .help = "only containers of these compose projects; else all",
     .example = "[ecap]"},
    {.name = "ca_file", .type = OPTION_TEXT, .help = "PEM file to verify the engine's TLS by"},
    {.name = "cert_file", .type = OPTION_TEXT, .help = "PEM file of the client's certificate"},
    {.name = "key_file", .type = OPTION_TEXT, .help = "PEM file of its key"},
};

static const struct table_spec *const tables[] = {&docker_summary_table, &docker_containers_table};

static const struct usual_place usual[] = {
    {.name = "docker", .exists = docker_endpoint_exists},
    {0},
};

enum question_kind { QUESTION_VERSION, QUESTION_LIST, QUESTION_DETAIL, QUESTION_USAGE };

/* One request under way. */
struct question {
  struct watcher *watcher;
  struct docker_request *request; /* NULL: this place is free */
  enum question_kind kind;
  size_t reading;
  int64_t sent_us;
};

struct watcher {
  struct watch watch; /* first */
  struct docker_endpoint endpoint;
  struct pasts pasts;
  char version[VERSION_MAX]; /* "Docker 20.10.24"; "": not known */
  int64_t version_ms;        /* when it was said */

  /* The collection under way. */
  struct question questions[QUESTIONS_MAX];
  struct arena arena;
  struct docker_answers answers;
  struct docker_reading *readings; /* DOCKER_CONTAINERS_MAX */
  struct docker_container *containers;
  size_t next;  /* the next question for a container: two for each */
  bool logs_in; /* by ssh: the list, whose latency is shown, is asked for after the version */
  bool listed;
  int64_t engine_s; /* the engine's clock when it answered with the list; -1: not known */
  double ahead_s;   /* of ours */
};

static bool endpoint_check(const char *text, struct err *err) {
  struct docker_endpoint endpoint;
  return docker_endpoint_parse(text, false, &endpoint, err);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  if (!docker_target_endpoint(watcher->watch.target, &watcher->endpoint, err))
    return false;
  watcher->readings = mem_new(DOCKER_CONTAINERS_MAX * sizeof *watcher->readings);
  watcher->containers = mem_new(DOCKER_CONTAINERS_MAX * sizeof *watcher->containers);
  return true;
}

static void fini(void *self) {
  struct watcher *watcher = self;
  pasts_fini(&watcher->pasts);
  free(watcher->readings);
  free(watcher->containers);
}

/* The collection is over: what is still under way is given up. */
static void rest(void *self) {
  struct watcher *watcher = self;
  for (size_t i = 0; i < QUESTIONS_MAX; i++) {
    if (watcher->questions[i].request)
      docker_cancel(watcher->questions[i].request);
    watcher->questions[i].request = NULL;
  }
  arena_fini(&watcher->arena);
}

static void on_answer(void *arg, int status, json_t *json, const struct err *err);

static int64_t left_ms(const struct watcher *watcher) {
  return watch_end_ms(&watcher->watch, 0, MARGIN_MS) - clock_now_ms();
}

static bool send_question(struct watcher *watcher, enum question_kind kind, size_t reading,
                          const char *path) {
  struct question *question = watcher->questions;
  while (question < watcher->questions + QUESTIONS_MAX && question->request)
    question++;
  if (question == watcher->questions + QUESTIONS_MAX)
    return false;
  const struct docker_query query = {.path = path,
                                     .timeout_ms = left_ms(watcher) > 1 ? left_ms(watcher) : 1,
                                     .engine_s = kind == QUESTION_LIST ? &watcher->engine_s : NULL};
  watcher->watch.requests++;
  *question = (struct question){
      .watcher = watcher, .kind = kind, .reading = reading, .sent_us = clock_now_us()};
  question->request =
      docker_ask(watcher->watch.io, &watcher->endpoint, &query, on_answer, question);
  return true;
}

static void note_unread(struct watcher *watcher, size_t index, const struct err *err) {
  struct docker_reading *reading = &watcher->readings[index];
  if (watcher->answers.unread == 0)
    watcher->answers.unread_err = *err;
  watcher->answers.unread += !reading->unread;
  reading->unread = true;
}

/* The path of a question for a container, or false with what is known without one. */
static bool path_make(struct watcher *watcher, size_t index, bool usage,
                      char path[DOCKER_PATH_MAX]) {
  const struct docker_reading *reading = &watcher->readings[index];
  struct err err;
  if (reading->gone || (usage && !docker_is_up(reading->container.state)))
    return false;
  if (!docker_path(path, "/containers/", reading->container.id,
                   usage ? "/stats?stream=false&one-shot=true" : "/json"))
    err_set(&err, ERR_PROTOCOL, "the engine reported an invalid id");
  else if (left_ms(watcher) <= 0)
    err_set(&err, ERR_TIMEOUT, "no time was left to ask for it");
  else
    return true;
  note_unread(watcher, index, &err);
  return false;
}

/* Asks for containers while there is room. */
static void send_more(struct watcher *watcher) {
  char path[DOCKER_PATH_MAX];
  for (; watcher->next < watcher->answers.count * 2; watcher->next++) {
    const size_t index = watcher->next / 2;
    const bool usage = watcher->next % 2 == 1;
    if (path_make(watcher, index, usage, path) &&
        !send_question(watcher, usage ? QUESTION_USAGE : QUESTION_DETAIL, index, path))
      return;
  }
}

static bool is_at_rest(const struct watcher *watcher) {
  for (size_t i = 0; i < QUESTIONS_MAX; i++)
    if (watcher->questions[i].request)
      return false;
  return watcher->listed && watcher->next >= watcher->answers.count * 2;
}

static void finish_if_answered(struct watcher *watcher) {
  if (!is_at_rest(watcher))
    return;
  struct sample *sample = docker_sample(&watcher->answers, &watcher->pasts,
                                        (double)clock_wall_ms() / 1000 + watcher->ahead_s);
  sample->address = sample_copy(sample, docker_endpoint_place(&watcher->endpoint));
  watch_done(&watcher->watch, sample);
}

/* ---- what the answers say */

/* A remote engine's clock may be another one: what it says of times is compared with its own. */
static void take_clock(struct watcher *watcher) {
  const double ahead_s = (double)watcher->engine_s - (double)clock_wall_ms() / 1000;
  const bool differ = ahead_s > CLOCKS_DIFFER_S || ahead_s < -CLOCKS_DIFFER_S;
  watcher->ahead_s = watcher->engine_s >= 0 && differ ? ahead_s : 0;
}

static bool take_list(struct watcher *watcher, json_t *json, int64_t took_us) {
  struct docker_answers *answers = &watcher->answers;
  if (!docker_containers_read(json, &answers->filter, &watcher->arena, watcher->containers,
                              DOCKER_CONTAINERS_MAX, &answers->count, &answers->total))
    return false;
  answers->latency_us = took_us;
  for (size_t i = 0; i < answers->count; i++)
    answers->readings[i] = (struct docker_reading){.container = watcher->containers[i]};
  take_clock(watcher);
  watcher->listed = true;
  return true;
}

/* {"Platform": {"Name": ""}, "Components": [{"Name": "Podman Engine", ...}], "Version": "4.3.1"} */
static void take_version(struct watcher *watcher, const json_t *json) {
  const char *number = json_string_value(json_object_get(json, "Version"));
  const json_t *engine = json_array_get(json_object_get(json, "Components"), 0);
  const char *component = json_string_value(json_object_get(engine, "Name"));
  const bool podman = component && strncmp(component, "Podman", 6) == 0;
  if (!number)
    return;
  watcher->version_ms = clock_now_ms();
  snprintf(watcher->version, sizeof watcher->version, "%s %.60s", podman ? "Podman" : "Docker",
           number);
}

static void take_usage(struct docker_reading *reading, json_t *json) {
  docker_usage_read(json, &reading->usage);
  reading->has_usage = reading->usage.cpu_ns >= 0;
  reading->usage_us = clock_now_us();
}

static void take_container(struct watcher *watcher, const struct question *question, int status,
                           json_t *json, const struct err *err) {
  struct docker_reading *reading = &watcher->readings[question->reading];
  const bool usage = question->kind == QUESTION_USAGE;
  struct err foreign;
  if (status == 404)
    reading->gone = true;
  else if (err && usage && status == 409) /* it has just ended */
    return;
  else if (err)
    note_unread(watcher, question->reading, err);
  else if (usage)
    take_usage(reading, json);
  else if (docker_detail_read(json, &watcher->arena, &reading->detail))
    reading->has_detail = true;
  else {
    err_set(&foreign, ERR_PROTOCOL, "the answer has no state of a container");
    note_unread(watcher, question->reading, &foreign);
  }
}

static void on_answer(void *arg, int status, json_t *json, const struct err *err) {
  struct question *question = arg;
  struct watcher *watcher = question->watcher;
  const int64_t took_us = clock_now_us() - question->sent_us;
  struct err foreign;
  question->request = NULL;
  if (question->kind == QUESTION_LIST && !err && !take_list(watcher, json, took_us)) {
    err_set(&foreign, ERR_PROTOCOL, "the answer is not a list of containers; not a Docker engine?");
    err = &foreign;
  }
  if (question->kind == QUESTION_VERSION && watcher->logs_in && !err) {
    watcher->logs_in = false;
    send_question(watcher, QUESTION_LIST, 0, list_path);
  }
  if (err && (question->kind == QUESTION_LIST || watcher->logs_in)) {
    struct err copy = *err;
    *watcher->version = '\0'; /* what answers again may be another one */
    watch_failed(&watcher->watch, &copy);
    return;
  }
  if (question->kind == QUESTION_VERSION)
    take_version(watcher, json);
  else if (question->kind != QUESTION_LIST)
    take_container(watcher, question, status, json, err);
  if (watcher->listed)
    send_more(watcher);
  finish_if_answered(watcher);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  arena_init(&watcher->arena, ARENA_MAX);
  const struct option_value *projects = target_option(watcher->watch.target, "projects");
  watcher->answers = (struct docker_answers){
      .name = watcher->watch.target->name,
      .version = watcher->version,
      .latency_us = -1,
      .filter = {(const char *const *)projects->items, projects->item_count},
      .readings = watcher->readings};
  watcher->listed = false;
  watcher->next = 0;
  watcher->logs_in = watcher->endpoint.ssh && !*watcher->version;
  if (!watcher->logs_in)
    send_question(watcher, QUESTION_LIST, 0, list_path);
  /* Podman takes 0.3 s for it: it starts conmon and runc, to ask for theirs. */
  if (!*watcher->version || clock_now_ms() - watcher->version_ms >= VERSION_AGAIN_MS)
    send_question(watcher, QUESTION_VERSION, 0, "/version");
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .rest = rest, .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_docker = {
    .kind = {.kind = "docker",
             .key = "docker",
             .title = "Docker",
             .options = options,
             .option_count = sizeof options / sizeof *options},
    .tables = tables,
    .table_count = 2,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
