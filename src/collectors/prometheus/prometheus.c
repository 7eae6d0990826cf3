/* A Prometheus, and the Alertmanager that it notifies: its alerts, what it scrapes, and the results
 * of configured queries. */
#include "clients/prometheus/prometheus_contract.h"
#include "collectors/frame.h"
#include "collectors/prometheus/prometheus_rows.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500 };

static const struct option options[] = {
    WEB_OPTIONS("http://prometheus:9090"),
    {.name = "alertmanager",
     .type = OPTION_TEXT,
     .help = "URL of the Alertmanager that it notifies, with the same login: silences",
     .example = "http://alertmanager:9093",
     .check = web_url_check},
    {.name = "queries",
     .type = OPTION_MAP,
     .help = "PromQL by name, with unit, warn and crit at its end; each result is a row",
     .example = "{errors: 'sum(rate(http_requests_total{code=~\"5..\"}[5m])) warn 0.1 crit 1'}",
     .check = prometheus_query_check,
     .check_name = prometheus_query_name_check},
};

/* What is asked, in this order; then the queries, and at the end the Alertmanager. */
enum question { ASK_BUILD, ASK_READY, ASK_RULES, ASK_METRICS, ASK_UP, ASK_QUERIES };
static const struct web_asked questions[ASK_QUERIES] = {
    [ASK_BUILD] = {.path = "/api/v1/status/buildinfo"},
    [ASK_READY] = {.path = "/-/ready", .text = true},
    [ASK_RULES] = {.path = PROMETHEUS_RULES_PATH},
    [ASK_METRICS] = {.path = "/metrics", .text = true},
    [ASK_UP] = {.path = PROMETHEUS_QUERY_PATH "count_values(%22value%22,up)"},
};

struct watcher {
  struct watch watch; /* first */
  struct prometheus_query queries[PROMETHEUS_QUERIES_MAX];
  char *paths[PROMETHEUS_QUERIES_MAX];
  size_t query_count;
  struct counters before;

  /* The collection under way. */
  struct web_batch batch;
  struct web_asked asked[ASK_QUERIES + PROMETHEUS_QUERIES_MAX + 1];
};

/* ---- its life */

static bool check(const struct target *target, struct err *err) {
  if (target_option(target, "queries")->item_count > PROMETHEUS_QUERIES_MAX)
    return err_set(err, ERR_INVALID, "queries: at most %d", PROMETHEUS_QUERIES_MAX);
  return web_target_check(target, err);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const struct option_value *queries = target_option(target, "queries");
  if (!check(target, err))
    return false;
  for (size_t i = 0; i < queries->item_count; i++) {
    char path[PROMETHEUS_PATH_MAX] = PROMETHEUS_QUERY_PATH;
    if (!prometheus_query_parse(queries->items[i], &watcher->queries[i], NULL) ||
        !web_path_add(path, sizeof path, watcher->queries[i].expr))
      continue; /* the option's check was passed */
    watcher->paths[watcher->query_count++] = mem_dup(path);
  }
  return true;
}

static void fini(void *self) {
  struct watcher *watcher = self;
  for (size_t i = 0; i < watcher->query_count; i++) {
    prometheus_query_fini(&watcher->queries[i]);
    free(watcher->paths[i]);
  }
}

static void rest(void *self) {
  struct watcher *watcher = self;
  web_batch_fini(&watcher->batch);
}

/* ---- a collection */

static void on_done(void *arg) {
  struct watcher *watcher = arg;
  const struct target *target = watcher->watch.target;
  const struct web_asked *asked = watcher->asked;
  const bool has_manager = target_text(target, "alertmanager");
  const struct prometheus_answers answers = {
      .name = target->name,
      .build = &asked[ASK_BUILD],
      .ready = &asked[ASK_READY],
      .rules = &asked[ASK_RULES],
      .metrics = &asked[ASK_METRICS],
      .up = &asked[ASK_UP],
      .alertmanager = has_manager ? &asked[ASK_QUERIES + watcher->query_count] : NULL,
      .query_answers = &asked[ASK_QUERIES],
      .queries = watcher->queries,
      .query_names = target_option(target, "queries")->names,
      .query_count = watcher->query_count,
      .now_ms = clock_wall_ms(),
      .now_us = clock_now_us()};
  struct err err = {0};
  struct sample *sample = prometheus_sample(&answers, &watcher->before, &err);
  if (!sample) {
    watch_failed(&watcher->watch, &err);
    return;
  }
  sample->address = sample_copy(sample, target_text(target, "url"));
  watch_done(&watcher->watch, sample);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const char *manager = target_text(target, "alertmanager");
  size_t count = ASK_QUERIES;
  memset(watcher->asked, 0, sizeof watcher->asked);
  memcpy(watcher->asked, questions, sizeof questions);
  for (size_t i = 0; i < watcher->query_count; i++)
    watcher->asked[count++].path = watcher->paths[i];
  if (manager)
    watcher->asked[count++] = (struct web_asked){.path = ALERTMANAGER_ALERTS_PATH, .url = manager};
  watcher->watch.requests += (uint32_t)count;
  web_batch_start(&watcher->batch, watcher->watch.io, target, watcher->asked, count,
                  watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS), on_done, watcher);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .rest = rest, .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_prometheus = {
    .kind = {.kind = PROMETHEUS_KIND,
             .key = "prometheus",
             .title = "Prometheus",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = check},
    .tables = prometheus_tables,
    .table_count = PROMETHEUS_TABLES,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
