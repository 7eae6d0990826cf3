/* Kafka Connect: the state of connectors and tasks, by the REST API of one of its workers. */
#include "clients/web/web_batch.h"
#include "collectors/connect/connect_rows.h"
#include "collectors/frame.h"

#include <string.h>

enum { TIMEOUT_MS = 10000, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500, ARENA_MAX = 32 << 20 };

static const struct option options[] = {WEB_OPTIONS("http://connect:8083")};

enum question { ASK_ROOT, ASK_LIST, ASK_COUNT };

struct watcher {
  struct watch watch; /* first */
  struct web_batch batch;
  struct web_asked asked[ASK_COUNT];
};

static bool init(void *self, struct err *err) {
  const struct watcher *watcher = self;
  return web_target_check(watcher->watch.target, err);
}

static void rest(void *self) {
  struct watcher *watcher = self;
  web_batch_fini(&watcher->batch);
}

static struct sample *read_answers(const struct watcher *watcher, struct arena *arena,
                                   struct err *err) {
  const struct web_asked *root = &watcher->asked[ASK_ROOT], *all = &watcher->asked[ASK_LIST];
  struct connect_answers answers = {.name = watcher->watch.target->name,
                                    .latency_us = all->answer_us};
  struct connect_list list;
  *err = root->err;
  if (err->kind != ERR_NONE ||
      !(answers.version = connect_version(root->json, &answers.cluster, arena, err)))
    return NULL;
  *err = all->err;
  if (err->kind != ERR_NONE || !connect_list_read(all->json, arena, &list, err))
    return NULL;
  answers.list = &list;
  return connect_sample(&answers);
}

static void on_done(void *arg) {
  struct watcher *watcher = arg;
  struct arena arena;
  struct err err = {0};
  arena_init(&arena, ARENA_MAX);
  struct sample *sample = read_answers(watcher, &arena, &err);
  if (sample && arena.exhausted)
    sample_fault(sample, NULL, SEVERITY_UNKNOWN, "the answers are too large: a part is cut");
  arena_fini(&arena);
  if (!sample) {
    watch_failed(&watcher->watch, &err);
    return;
  }
  sample->address = sample_copy(sample, target_text(watcher->watch.target, "url"));
  watch_done(&watcher->watch, sample);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  memset(watcher->asked, 0, sizeof watcher->asked);
  watcher->asked[ASK_ROOT].path = CONNECT_ROOT_PATH;
  watcher->asked[ASK_LIST].path = CONNECT_LIST_PATH;
  watcher->watch.requests += ASK_COUNT;
  web_batch_start(&watcher->batch, watcher->watch.io, watcher->watch.target, watcher->asked,
                  ASK_COUNT, watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS), on_done,
                  watcher);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .rest = rest};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_connect = {
    .kind = {.kind = CONNECT_KIND,
             .key = "connect",
             .title = "Kafka Connect",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = web_target_check},
    .tables = connect_tables,
    .table_count = CONNECT_TABLES,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
