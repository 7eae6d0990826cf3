/* A search cluster, Elasticsearch or OpenSearch: its health and why, nodes, disks, indices that are
 * not fine, and the counts of configured queries. */
#include "clients/elasticsearch/elasticsearch_contract.h"
#include "collectors/elasticsearch/elasticsearch_rows.h"
#include "collectors/frame.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500, KEY_MAX = 4096 };

static const struct option options[] = {
    WEB_OPTIONS("http://elasticsearch:9200"),
    {.name = "api_key",
     .type = OPTION_SECRET,
     .help = "encoded API key to log in with instead; never shown",
     .example = "\"${ELASTIC_API_KEY}\"",
     .check = http_bearer_check,
     .hidden = true},
    {.name = "queries",
     .type = OPTION_MAP,
     .help = "by name: index, query string or DSL, window (default 15m), warn, crit, below",
     .example = "{errors: 'logs-* level:(ERROR OR CRITICAL) window 1h warn 10 crit 100'}",
     .check = elasticsearch_query_check,
     .check_name = elasticsearch_query_name_check},
};

/* What is asked, in this order; then the queries. */
enum question {
  ASK_ABOUT,
  ASK_LOCAL, /* does not wait for a master */
  ASK_HEALTH,
  ASK_NODES,
  ASK_SETTINGS,
  ASK_INDICES,
  ASK_BLOCKS,
  ASK_QUERIES
};
#define OF_NODES "nodes.*."
static const struct web_asked questions[ASK_QUERIES] = {
    [ASK_ABOUT] = {.path = "/"},
    [ASK_LOCAL] = {.path = "/_cluster/health?local=true"},
    [ASK_HEALTH] = {.path = "/_cluster/health"},
    [ASK_NODES] = {.path =
                       "/_nodes/stats/jvm,os,fs,thread_pool?filter_path=" OF_NODES "name," OF_NODES
                       "roles," OF_NODES "jvm.uptime_in_millis," OF_NODES
                       "jvm.mem.heap_used_in_bytes," OF_NODES "jvm.mem.heap_max_in_bytes," OF_NODES
                       "os.cpu," OF_NODES "fs.total," OF_NODES "thread_pool.*.rejected"},
    [ASK_SETTINGS] = {.path = "/_cluster/settings?include_defaults=true&"
                              "filter_path=*.cluster.routing.allocation.disk"},
    [ASK_INDICES] = {.path = "/_cat/indices?format=json&bytes=b&expand_wildcards=all&"
                             "h=index,health,status,pri,rep,docs.count,store.size"},
    [ASK_BLOCKS] = {.path = "/_all/_settings/index.blocks.*?flat_settings=true&"
                            "expand_wildcards=all"},
};
/* Asked only if something is unassigned, one after the other. */
static const struct web_asked ask_shards = {
    .path = "/_cat/shards?format=json&h=index,shard,prirep,state,node,unassigned.reason,"
            "unassigned.details,unassigned.for"};
static const struct web_asked ask_why = {.path = "/_cluster/allocation/explain"};

struct watcher {
  struct watch watch; /* first */
  struct elasticsearch_query queries[ELASTICSEARCH_QUERIES_MAX];
  char *paths[ELASTICSEARCH_QUERIES_MAX];
  size_t query_count;
  char *authorization; /* of an API key; NULL: none */
  struct http_header header;
  struct elasticsearch_past past;

  /* The collection under way. */
  struct web_batch batch, batch_shards, batch_why;
  struct web_asked asked[ASK_QUERIES + ELASTICSEARCH_QUERIES_MAX], asked_shards, asked_why;
  char *why_body; /* NULL: not asked */
};

/* ---- its life */

static bool check(const struct target *target, struct err *err) {
  if (target_text(target, "api_key") &&
      (target_text(target, "token") || target_text(target, "username")))
    return err_set(err, ERR_INVALID,
                   "api_key excludes username and token; a request has one login");
  if (target_option(target, "queries")->item_count > ELASTICSEARCH_QUERIES_MAX)
    return err_set(err, ERR_INVALID, "queries: at most %d", ELASTICSEARCH_QUERIES_MAX);
  return web_target_check(target, err);
}

static void fini(void *self) {
  struct watcher *watcher = self;
  for (size_t i = 0; i < watcher->query_count; i++) {
    elasticsearch_query_fini(&watcher->queries[i]);
    free(watcher->paths[i]);
  }
  free(watcher->authorization);
  row_past_fini(&watcher->past.rows);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const struct option_value *queries = target_option(target, "queries");
  const char *key = target_text(target, "api_key");
  if (!check(target, err))
    return false;
  for (size_t i = 0; i < queries->item_count; i++) {
    char path[3 * ELASTICSEARCH_INDEX_MAX + 16] = "/";
    struct elasticsearch_query *query = &watcher->queries[watcher->query_count];
    if (!elasticsearch_query_parse(queries->items[i], query, NULL))
      continue; /* the option's check was passed */
    if (!web_path_add(path, sizeof path - 8, query->index))
      path[1] = '\0'; /* there is room for it */
    strncat(path, "/_count", 8);
    watcher->paths[watcher->query_count++] = mem_dup(path);
  }
  if (key)
    watcher->authorization = mem_printf("ApiKey %s", key);
  watcher->header = (struct http_header){"Authorization", watcher->authorization};
  return true;
}

static void rest(void *self) {
  struct watcher *watcher = self;
  web_batch_fini(&watcher->batch);
  web_batch_fini(&watcher->batch_shards);
  web_batch_fini(&watcher->batch_why);
  free(watcher->why_body);
  watcher->why_body = NULL;
}

/* ---- a collection */

static void publish(struct watcher *watcher, bool has_shards) {
  const struct target *target = watcher->watch.target;
  const struct web_asked *asked = watcher->asked;
  const struct elasticsearch_answers answers = {
      .name = target->name,
      .about = &asked[ASK_ABOUT],
      .local = &asked[ASK_LOCAL],
      .health = &asked[ASK_HEALTH],
      .nodes = &asked[ASK_NODES],
      .settings = &asked[ASK_SETTINGS],
      .indices = &asked[ASK_INDICES],
      .blocks = &asked[ASK_BLOCKS],
      .shards = has_shards ? &watcher->asked_shards : NULL,
      .why = watcher->why_body ? &watcher->asked_why : NULL,
      .counts = &asked[ASK_QUERIES],
      .queries = watcher->queries,
      .query_names = target_option(target, "queries")->names,
      .query_count = watcher->query_count,
      .now_us = clock_now_us()};
  struct err err = {0};
  struct sample *sample = elasticsearch_sample(&answers, &watcher->past, &err);
  if (!sample) {
    watch_failed(&watcher->watch, &err);
    return;
  }
  sample->address = sample_copy(sample, target_text(target, "url"));
  watch_done(&watcher->watch, sample);
}

static void start(struct watcher *watcher, struct web_batch *batch, struct web_asked *asked,
                  size_t count, void (*done)(void *arg)) {
  for (size_t i = 0; watcher->authorization && i < count; i++) {
    asked[i].headers = &watcher->header;
    asked[i].header_count = 1;
  }
  watcher->watch.requests += (uint32_t)count;
  web_batch_start(batch, watcher->watch.io, watcher->watch.target, asked, count,
                  watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS), done, watcher);
}

static void on_why(void *arg) {
  publish(arg, true);
}

static void on_shards(void *arg) {
  struct watcher *watcher = arg;
  watcher->why_body = elasticsearch_why_body(watcher->asked_shards.json);
  if (!watcher->why_body) {
    publish(watcher, true);
    return;
  }
  watcher->asked_why = ask_why;
  watcher->asked_why.body_json = watcher->why_body;
  start(watcher, &watcher->batch_why, &watcher->asked_why, 1, on_why);
}

static void on_done(void *arg) {
  struct watcher *watcher = arg;
  if (!elasticsearch_is_unhealthy(&watcher->asked[ASK_HEALTH])) {
    publish(watcher, false);
    return;
  }
  watcher->asked_shards = ask_shards;
  start(watcher, &watcher->batch_shards, &watcher->asked_shards, 1, on_shards);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  size_t count = ASK_QUERIES;
  memset(watcher->asked, 0, sizeof watcher->asked);
  memcpy(watcher->asked, questions, sizeof questions);
  for (size_t i = 0; i < watcher->query_count; i++)
    watcher->asked[count++] =
        (struct web_asked){.path = watcher->paths[i], .body_json = watcher->queries[i].body};
  start(watcher, &watcher->batch, watcher->asked, count, on_done);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .rest = rest, .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_elasticsearch = {
    .kind = {.kind = ELASTICSEARCH_KIND,
             .key = "elasticsearch",
             .title = "Elasticsearch",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = check},
    .tables = elasticsearch_tables,
    .table_count = ELASTICSEARCH_TABLES,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
