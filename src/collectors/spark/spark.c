/* Spark: the drivers of applications at `url` and the ports after it, or a history server. */
#include "clients/spark/spark_contract.h"
#include "collectors/frame.h"
#include "collectors/spark/spark_rows.h"
#include "core/mem.h"
#include "io/clock.h"

#include <string.h>

enum { TIMEOUT_MS = 10000, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500, ARENA_MAX = 8 << 20 };

static const struct option options[] = {
    WEB_OPTIONS("http://localhost:4040"),
    {.name = "application",
     .type = OPTION_TEXT,
     .help = "only the applications of this name or id; none of them running is an error",
     .example = "ecap-streaming"},
    {.name = "ports",
     .type = OPTION_INT,
     .fallback = "1",
     .min = 1,
     .max = SPARK_PORTS_MAX,
     .help = "ports to ask, from that of url on: a driver takes the next one if it is taken"},
    {.name = "recent",
     .type = OPTION_DURATION,
     .min = 1000,
     .max = 30LL * 86400000,
     .fallback = "15m",
     .help = "how long a failed stage or a lost executor is a finding"},
};

struct watcher {
  struct watch watch; /* first */
  struct spark_memory memory;

  /* The collection under way. */
  struct arena arena; /* of paths, addresses and applications */
  bool has_arena;
  struct web_batch batch, details;
  struct web_asked asked[SPARK_PORTS_MAX + 1]; /* the version is the last one */
  size_t port_count;
  struct web_asked detail_asked[SPARK_DETAILS_MAX * SPARK_DETAIL_COUNT];
  struct spark_apps apps;
  struct spark_answers answers;
};

/* ---- its life */

static bool check(const struct target *target, struct err *err) {
  struct arena arena;
  arena_init(&arena, 1 << 16);
  const char *last = spark_url_at(target_text(target, "url"),
                                  (unsigned)target_number(target, "ports") - 1, &arena);
  arena_fini(&arena);
  if (!last)
    return err_set(err, ERR_INVALID, "ports: the last of them would be above 65535; reduce it");
  return web_target_check(target, err);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  return check(watcher->watch.target, err);
}

static void fini(void *self) {
  struct watcher *watcher = self;
  spark_memory_fini(&watcher->memory);
}

static void rest(void *self) {
  struct watcher *watcher = self;
  web_batch_fini(&watcher->batch);
  web_batch_fini(&watcher->details);
  if (watcher->has_arena)
    arena_fini(&watcher->arena);
  watcher->has_arena = false;
}

/* ---- what applications say */

static void finish(struct watcher *watcher) {
  struct spark_answers *answers = &watcher->answers;
  answers->now_ms = clock_wall_ms();
  answers->now_us = clock_now_us();
  struct sample *sample = spark_sample(answers, &watcher->memory);
  sample->address = sample_copy(sample, target_text(watcher->watch.target, "url"));
  watch_done(&watcher->watch, sample);
}

static void on_details(void *arg) {
  struct watcher *watcher = arg;
  finish(watcher);
}

static void ask_details(struct watcher *watcher) {
  struct spark_answers *answers = &watcher->answers;
  const struct target *target = watcher->watch.target;
  size_t count = 0;
  for (size_t i = 0; i < watcher->apps.count && answers->detail_count < SPARK_DETAILS_MAX; i++) {
    const struct spark_app *app = &watcher->apps.items[i];
    if (!app->live || !spark_app_is(app, answers->only))
      continue;
    struct spark_details *details = &answers->details[answers->detail_count++];
    unsigned port;
    details->app = app;
    details->key = spark_app_key(app, &watcher->arena);
    details->address = spark_url_at(target_text(target, "url"), app->port_offset, &watcher->arena);
    for (enum spark_detail k = 0; k < SPARK_DETAIL_COUNT; k++) {
      struct web_asked *asked = &watcher->detail_asked[count++];
      asked->url = details->address;
      asked->path = k == SPARK_METRICS ? SPARK_METRICS_PATH
                                       : spark_app_path(details->key, spark_detail_paths[k], &port,
                                                        &watcher->arena);
      details->asked[k] = asked;
    }
  }
  if (count == 0) {
    finish(watcher);
    return;
  }
  watcher->watch.requests += (uint32_t)count;
  web_batch_start(&watcher->details, watcher->watch.io, target, watcher->detail_asked, count,
                  watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS), on_details, watcher);
}

/* ---- which there are */

/* At a port that is not that of `url`, nothing or something else may answer. */
static bool read_ports(struct watcher *watcher, struct err *err) {
  struct err first = {0};
  size_t good = 0;
  for (size_t i = 0; i < watcher->port_count; i++) {
    struct web_asked *asked = &watcher->asked[i];
    struct err wrong = asked->err;
    if (wrong.kind == ERR_NONE &&
        spark_apps_read(asked->json, (unsigned)i, &watcher->arena, &watcher->apps, &wrong)) {
      if (good++ == 0)
        watcher->answers.latency_us = asked->answer_us;
    } else if (first.kind == ERR_NONE) {
      first = wrong;
    }
  }
  if (good == 0)
    *err = first;
  return good > 0;
}

static void on_apps(void *arg) {
  struct watcher *watcher = arg;
  const struct web_asked *version = &watcher->asked[watcher->port_count];
  struct err err = {0};
  if (!read_ports(watcher, &err)) {
    watch_failed(&watcher->watch, &err);
    return;
  }
  const char *said = version->err.kind == ERR_NONE ? spark_version(version->json, &err) : NULL;
  if (said)
    watcher->answers.version = arena_text(&watcher->arena, said, strnlen(said, 64));
  else if (watcher->apps.count > 0)
    watcher->answers.version = watcher->apps.items[0].version;
  ask_details(watcher);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const char *url = target_text(target, "url");
  memset(watcher->asked, 0, sizeof watcher->asked);
  memset(watcher->detail_asked, 0, sizeof watcher->detail_asked);
  watcher->apps = (struct spark_apps){0};
  watcher->answers = (struct spark_answers){.name = target->name,
                                            .only = target_text(target, "application"),
                                            .version = "",
                                            .apps = &watcher->apps,
                                            .recent_ms = target_number(target, "recent")};
  arena_init(&watcher->arena, ARENA_MAX);
  watcher->has_arena = true;
  watcher->port_count = (size_t)target_number(target, "ports");
  for (size_t i = 0; i < watcher->port_count; i++)
    watcher->asked[i] = (struct web_asked){.path = SPARK_APPS_PATH,
                                           .url = spark_url_at(url, (unsigned)i, &watcher->arena)};
  watcher->asked[watcher->port_count].path = SPARK_VERSION_PATH;
  watcher->watch.requests += (uint32_t)watcher->port_count + 1;
  web_batch_start(&watcher->batch, watcher->watch.io, target, watcher->asked,
                  watcher->port_count + 1,
                  watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS), on_apps, watcher);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .rest = rest, .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_spark = {
    .kind = {.kind = SPARK_KIND,
             .key = "spark",
             .title = "Spark",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = check},
    .tables = spark_tables,
    .table_count = SPARK_TABLES,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
