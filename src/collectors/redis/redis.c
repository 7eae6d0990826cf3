/* Redis and Valkey: one INFO per collection, over a kept connection.
 *
 * Nearly everything is in INFO's default sections. What it lacks is requested after it: the
 * settings of an old server (maxclients before 6.2, ...), those by which a failed save or a missing
 * replica stops writes, the state of a cluster. If CONFIG GET is blocked, a note says so, and it is
 * not sent again on this connection. A server that runs a script answers BUSY to all of it: that is
 * a state of the server, not a failed collection. */
#include "collectors/redis/redis.h"

#include "clients/redis/redis.h"
#include "collectors/frame.h"
#include "core/mem.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 3000 };

static const struct option options[] = {
    {.name = "url",
     .type = OPTION_SECRET,
     .required = true,
     .help =
         "redis://[user:password@]host[:port][/db], rediss:// with TLS, or unix:///path; without a "
         "password, REDISCLI_AUTH is used if the server requires one",
     .example = "\"redis://redis:6379/0\"",
     .check = redis_url_check},
    {.name = "username",
     .type = OPTION_TEXT,
     .help = "ACL user, overrides that of the URL",
     .example = "stacktop"},
    {.name = "password",
     .type = OPTION_SECRET,
     .help = "overrides that of the URL, without percent-encoding; \"\" means no password, and "
             "REDISCLI_AUTH is not used",
     .example = "\"${REDIS_PASSWORD}\""},
    {.name = "ca_file",
     .type = OPTION_TEXT,
     .help = "PEM file with the CA certificates for rediss://; default: those of the system"},
    {.name = "cert_file",
     .type = OPTION_TEXT,
     .help = "PEM file with stacktop's own certificate for rediss://"},
    {.name = "key_file",
     .type = OPTION_TEXT,
     .help = "PEM file of its key, without a password; default: in cert_file"},
    {.name = "insecure",
     .type = OPTION_BOOL,
     .fallback = "false",
     .help = "do not verify the certificate of rediss://"},
    {.name = REDIS_SCAN_RATE_OPTION,
     .type = OPTION_INT,
     .min = 10,
     .max = 1000000,
     .fallback = "1000",
     .help = "keys a second that the page redis.memory looks at"},
};

static const struct table_spec *const tables[] = {&redis_summary_table, &redis_keyspace_table};

static const struct usual_place usual[] = {
    {6379, "redis", "url", "redis://127.0.0.1:6379"},
    {0},
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

static void *open_watcher(struct io *io, const struct target *target, struct err *err);

const struct collector collector_redis = {
    .kind = {.kind = "redis",
             .key = "redis",
             .title = "Redis",
             .options = options,
             .option_count = sizeof options / sizeof *options},
    .tables = tables,
    .table_count = TABLE_COUNT,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};

static bool has_memory(const struct redis_info *info) {
  return redis_info_text(info, "used_memory") != NULL; /* a Sentinel has neither */
}

static bool requires_replicas(const struct redis_info *info) {
  return redis_info_text(info, "min_slaves_good_slaves") != NULL;
}

static bool save_failed(const struct redis_info *info) {
  return redis_info_is(info, "rdb_last_bgsave_status", "err");
}

/* Settings, and when they are requested: if INFO does not report them. */
static const struct {
  const char *info, *config;
  bool (*needed)(const struct redis_info *info);
} settings[] = {
    {"maxmemory", "maxmemory", has_memory},
    {"maxmemory_policy", "maxmemory-policy", has_memory},
    {"maxclients", "maxclients", has_memory},
    /* min-slaves-to-write before 5.0; newer ones report both */
    {"min-replicas-to-write", "min-*-to-write", requires_replicas},
    {"stop-writes-on-bgsave-error", "stop-writes-on-bgsave-error", save_failed},
    {"save", "save", save_failed},
};
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

struct watcher {
  struct watch watch; /* first */
  struct redis_url url;
  struct err config_err; /* why CONFIG GET is not sent on this connection; otherwise ERR_NONE */
  struct counters before;
  struct redis_round_trips trips;
  struct server_identity identity;
  char node[48];          /* in a cluster: its node id; "" if not known */
  struct err cluster_err; /* why CLUSTER INFO returned nothing; otherwise ERR_NONE */
  int64_t busy_us;        /* since when it answers BUSY; 0: it does not */

  /* The running collection. */
  size_t awaited;       /* pending replies after INFO's */
  const char *question; /* the one that failed although it is allowed; or NULL */
  struct err question_err;
  int64_t answered_us;
  struct err busy; /* the answer to INFO, if it is BUSY */
  struct redis_info info;
};

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  return redis_url_of(target, &watcher->url, err);
}

static void fini(void *self) {
  struct watcher *watcher = self;
  redis_url_fini(&watcher->url);
}

static void *connect_to(void *self) {
  struct watcher *watcher = self;
  return redis_open(watcher->watch.io, &watcher->url);
}

static bool conn_usable(const void *conn) {
  return redis_usable(conn);
}

static void conn_close(void *conn, void (*closed)(void *arg), void *arg) {
  redis_close(conn, closed, arg);
}

static const char *conn_describe(const void *conn, char *out, size_t size) {
  return redis_describe(conn, out, size);
}

static const char *conn_address(const void *conn) {
  return redis_address(conn);
}

static const struct watch_conn conn = {
    .usable = conn_usable, .close = conn_close, .describe = conn_describe, .address = conn_address};

static void rest(void *self) {
  struct watcher *watcher = self;
  redis_info_fini(&watcher->info);
}

/* Adds what to do about the error, if that is clear. */
static void fail(struct watcher *watcher, const struct err *cause) {
  struct err err = *cause;
  if (cause->kind == ERR_DENIED && strncmp(cause->text, "NOAUTH", 6) == 0)
    err_set(&err, ERR_DENIED, "%.180s: %s", cause->text,
            watcher->url.no_password
                ? "the configuration sets an empty password; set the password of the server"
                : "set its password in the configuration or in REDISCLI_AUTH");
  else if (cause->kind == ERR_DENIED && strncmp(cause->text, "NOPERM", 6) == 0)
    err_set(&err, ERR_DENIED, "%.180s: grant +info to the ACL user", cause->text);
  if (watcher->awaited > 0)
    watch_drop(&watcher->watch);
  watch_failed(&watcher->watch, &err);
}

static void hand_over(struct watcher *watcher, struct sample *sample) {
  struct table *table = sample_table(sample, redis_summary_table.id);
  if (table->row_count > 0)
    redis_round_trips_fill(&watcher->trips, table->rows[0].cells);
  watch_done(&watcher->watch, sample);
}

static void finish(struct watcher *watcher) {
  struct counters now;
  struct rates rates;
  struct sample *sample = sample_new(tables, TABLE_COUNT);
  counters_read(&now, &redis_figures, &watcher->info, watcher->answered_us);
  rates_make(&rates, &watcher->before, &now);
  watcher->before = now;
  watcher->busy_us = 0;
  redis_rows_make(sample, watcher->watch.target->name, &watcher->info, &rates,
                  watcher->config_err.kind != ERR_NONE ? &watcher->config_err : NULL);
  if (watcher->question)
    sample_fault(sample, redis_summary_table.id, SEVERITY_UNKNOWN, "%s failed: %s",
                 watcher->question, watcher->question_err.text);
  if (watcher->cluster_err.kind != ERR_NONE)
    sample_note(sample, redis_summary_table.id, redis_summary_table.columns[SUMMARY_CLUSTER].id,
                "CLUSTER INFO is not allowed: %s", watcher->cluster_err.text);
  server_identity_take(&watcher->identity, &now);
  sample_fact(sample, FACT_SERVER,
              redis_info_is(&watcher->info, "cluster_enabled", "1") ? watcher->node
                                                                    : watcher->identity.first);
  hand_over(watcher, sample);
}

/* running_script: nil, or name, command (never read, because it contains arguments) and
 * duration_ms, as pairs in one list. */
static void take_function(struct redis_busy *busy, const redisReply *reply) {
  if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements < 2 ||
      reply->element[1]->type != REDIS_REPLY_ARRAY)
    return;
  const redisReply *running = reply->element[1];
  for (size_t i = 0; i + 1 < running->elements; i += 2) {
    const redisReply *name = running->element[i], *value = running->element[i + 1];
    if (name->type != REDIS_REPLY_STRING)
      continue;
    if (strcmp(name->str, "name") == 0 && value->type == REDIS_REPLY_STRING)
      busy->function = value->str;
    else if (strcmp(name->str, "duration_ms") == 0 && value->type == REDIS_REPLY_INTEGER)
      busy->running_ms = value->integer;
  }
}

/* functions: the reply to FUNCTION STATS, or NULL. */
static void finish_busy(struct watcher *watcher, const redisReply *functions) {
  struct redis_busy busy = {.words = watcher->busy.text, .function = "", .running_ms = -1};
  struct sample *sample = sample_new(tables, TABLE_COUNT);
  int64_t now_us = clock_now_us();
  if (watcher->busy_us == 0)
    watcher->busy_us = now_us;
  busy.seen_ms = (now_us - watcher->busy_us) / 1000;
  take_function(&busy, functions);
  redis_rows_busy(sample, watcher->watch.target->name, &busy);
  hand_over(watcher, sample);
}

static bool ask(struct watcher *watcher, int argc, const char *const *argv, redis_reply_cb done,
                struct err *err) {
  watcher->watch.requests++;
  return redis_send(watcher->watch.conn, argc, argv, NULL, done, watcher, err);
}

/* Pairs of name and value; an empty list for a setting that this server does not have. */
static void take_settings(struct watcher *watcher, const redisReply *reply) {
  for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2) {
    const redisReply *name = reply->element[i], *value = reply->element[i + 1];
    const char *key = name->str;
    if (name->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING)
      continue;
    for (size_t k = 0; k < SETTING_COUNT; k++)
      if (strcmp(settings[k].config, name->str) == 0)
        key = settings[k].info;
    redis_info_add(&watcher->info, key, value->str);
  }
}

/* Errors by permissions, renamed commands or a provider, which will occur again. */
static bool is_withheld(const struct err *err) {
  static const char *const words[] = {"unknown command", "unknown subcommand", "not allowed",
                                      "not support",     "disabled",           "illegal"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasestr(err->text, words[i]))
      return true;
  return err->kind == ERR_DENIED;
}

/* Whether the reply is an error: `withheld` gets a permanent one, and any other is a fault of this
 * collection. */
static bool is_failure(struct watcher *watcher, const redisReply *reply, const char *question,
                       struct err *withheld) {
  struct err err;
  if (!redis_reply_err(reply, &err))
    return false;
  if (is_withheld(&err)) {
    *withheld = err;
    return true;
  }
  watcher->question = question;
  watcher->question_err = err;
  return true;
}

static void on_setting(void *arg, const struct redisReply *reply, const struct err *err) {
  struct watcher *watcher = arg;
  if (err) {
    fail(watcher, err);
    return;
  }
  if (!is_failure(watcher, reply, "CONFIG GET", &watcher->config_err))
    take_settings(watcher, reply);
  if (--watcher->awaited == 0)
    finish(watcher);
}

static void on_cluster(void *arg, const struct redisReply *reply, const struct err *err) {
  struct watcher *watcher = arg;
  if (err) {
    fail(watcher, err);
    return;
  }
  if (!is_failure(watcher, reply, "CLUSTER INFO", &watcher->cluster_err)) {
    if (reply->type == REDIS_REPLY_STRING)
      redis_info_merge(&watcher->info, reply->str, reply->len);
    if (!redis_info_text(&watcher->info, "cluster_state")) {
      watcher->question = "CLUSTER INFO";
      err_set(&watcher->question_err, ERR_PROTOCOL, "the answer has no cluster_state");
    }
  }
  if (--watcher->awaited == 0)
    finish(watcher);
}

/* If it is refused, the answer to CLUSTER INFO has the reason. */
static void on_node(void *arg, const struct redisReply *reply, const struct err *err) {
  struct watcher *watcher = arg;
  if (err) {
    fail(watcher, err);
    return;
  }
  if (reply->type == REDIS_REPLY_STRING && reply->len < sizeof watcher->node)
    snprintf(watcher->node, sizeof watcher->node, "%s", reply->str);
  if (--watcher->awaited == 0)
    finish(watcher);
}

static bool ask_settings(struct watcher *watcher, struct err *err) {
  for (size_t i = 0; i < SETTING_COUNT && watcher->config_err.kind == ERR_NONE; i++) {
    const char *const words[] = {"CONFIG", "GET", settings[i].config};
    if (redis_info_text(&watcher->info, settings[i].info) || !settings[i].needed(&watcher->info))
      continue;
    if (!ask(watcher, 3, words, on_setting, err))
      return false;
    watcher->awaited++;
  }
  return true;
}

/* Whether the connection is usable; `awaited` counts what was requested. */
static bool ask_more(struct watcher *watcher, struct err *err) {
  if (!ask_settings(watcher, err))
    return false;
  watcher->cluster_err = (struct err){0};
  if (!redis_info_is(&watcher->info, "cluster_enabled", "1"))
    return true;
  if (!ask(watcher, 2, (const char *const[]){"CLUSTER", "INFO"}, on_cluster, err))
    return false;
  watcher->awaited++;
  if (*watcher->node)
    return true;
  if (!ask(watcher, 2, (const char *const[]){"CLUSTER", "MYID"}, on_node, err))
    return false;
  watcher->awaited++;
  return true;
}

static void on_functions(void *arg, const struct redisReply *reply, const struct err *err) {
  struct watcher *watcher = arg;
  struct err ignored; /* before 7.0 it does not exist; for a script it answers BUSY, too */
  finish_busy(watcher, err || redis_reply_err(reply, &ignored) ? NULL : reply);
}

static bool is_busy(const struct err *err) {
  return strncmp(err->text, "BUSY ", 5) == 0;
}

/* SELECT may have been answered so already: then nothing more is known. */
static void on_busy(struct watcher *watcher, const struct err *busy) {
  struct err err;
  watcher->busy = *busy;
  if (!redis_usable(watcher->watch.conn) ||
      !ask(watcher, 2, (const char *const[]){"FUNCTION", "STATS"}, on_functions, &err))
    finish_busy(watcher, NULL);
}

static void on_info(void *arg, const struct redisReply *reply, const struct err *err) {
  struct watcher *watcher = arg;
  struct err failure = {0};
  if (err && is_busy(err)) {
    on_busy(watcher, err);
    return;
  }
  if (err) {
    fail(watcher, err);
    return;
  }
  watcher->answered_us = clock_now_us();
  redis_round_trips_add(&watcher->trips, redis_answer_us(watcher->watch.conn));
  if (redis_reply_err(reply, &failure)) {
    if (is_busy(&failure))
      on_busy(watcher, &failure);
    else
      fail(watcher, &failure);
    return;
  }
  if (reply->type == REDIS_REPLY_STRING)
    redis_info_parse(&watcher->info, reply->str, reply->len);
  if (!redis_info_plausible(&watcher->info)) {
    err_set(&failure, ERR_PROTOCOL, "the answer to INFO is not that of a Redis");
    fail(watcher, &failure);
    return;
  }
  if (!ask_more(watcher, &failure))
    fail(watcher, &failure);
  else if (watcher->awaited == 0)
    finish(watcher);
}

static void ask_info(void *self) {
  struct watcher *watcher = self;
  struct err err;
  bool fresh;
  watcher->question = NULL;
  watcher->awaited = 0;
  watch_connect(&watcher->watch, &fresh);
  if (fresh) {
    watcher->config_err = (struct err){0};
    *watcher->node = '\0';
  }
  if (!ask(watcher, 1, (const char *const[]){"INFO"}, on_info, &err))
    fail(watcher, &err);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct watcher),
                                         .init = init,
                                         .conn = &conn,
                                         .connect = connect_to,
                                         .ask = ask_info,
                                         .rest = rest,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}
