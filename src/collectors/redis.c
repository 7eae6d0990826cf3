/* Redis and Valkey: one INFO a collection, over a connection that is kept.
 *
 * Nearly all of it is in INFO's default sections. What an old server does not say there (maxclients
 * before 6.2, ...) is asked for by CONFIG GET, once INFO has shown that it lacks; where that is
 * blocked, a note says so, and it is not asked again on this connection. */
#include "collectors/redis.h"

#include "collectors/collector.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/redis.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 3000 };

static const struct option options[] = {
    {.name = "url",
     .type = OPTION_SECRET,
     .required = true,
     .help = "redis://[user:password@]host[:port][/db] or unix:///path; without a password, that "
             "of REDISCLI_AUTH",
     .example = "\"redis://redis:6379/0\"",
     .check = redis_url_check},
    {.name = "username",
     .type = OPTION_TEXT,
     .help = "the ACL user, instead of the url's",
     .example = "stacktop"},
    {.name = "password",
     .type = OPTION_SECRET,
     .help = "instead of the url's; nothing in it needs encoding",
     .example = "\"${REDIS_PASSWORD}\""},
};

static const struct table_spec *const tables[] = {&redis_summary_table, &redis_keyspace_table};

static const struct usual_place usual[] = {
    {6379, "redis", "url", "redis://127.0.0.1:6379"},
    {0},
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

static void *collector_open(struct io *io, const struct target *target, struct err *err);
static void collector_start(void *self, struct job *job);
static void collector_cancel(void *self, struct err *err);
static void collector_close(void *self, void (*done)(void *arg), void *arg);

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
    .open = collector_open,
    .start = collector_start,
    .cancel = collector_cancel,
    .close = collector_close,
};

/* What CONFIG GET knows by another name than INFO. */
static const struct {
  const char *info, *config;
} settings[] = {
    {"maxmemory", "maxmemory"},
    {"maxmemory_policy", "maxmemory-policy"},
    {"maxclients", "maxclients"},
};
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

struct watcher {
  struct io *io;
  const struct target *target;
  struct redis_url url;
  struct redis *redis;   /* NULL: none yet, or given up */
  size_t connections;    /* those that are still closing, too */
  struct err config_err; /* why CONFIG GET is not asked on this connection; else ERR_NONE */
  struct redis_counters before;
  void (*closed)(void *arg);
  void *closed_arg;

  /* The collection under way; job is NULL when there is none. */
  struct job *job;
  uint32_t requests;
  size_t awaited; /* replies to CONFIG GET */
  int64_t answered_us;
  struct redis_info info;
};

static void *collector_open(struct io *io, const struct target *target, struct err *err) {
  struct watcher *watcher = mem_new(sizeof *watcher);
  watcher->io = io;
  watcher->target = target;
  if (!redis_url_parse(target_text(target, "url"), &watcher->url, err)) {
    free(watcher);
    return NULL;
  }
  redis_url_login(&watcher->url, target_text(target, "username"), target_text(target, "password"));
  if (redis_tls_check(&watcher->url, err))
    return watcher;
  redis_url_fini(&watcher->url);
  free(watcher);
  return NULL;
}

static void end_if_closed(struct watcher *watcher) {
  if (!watcher->closed || watcher->connections > 0)
    return;
  void (*closed)(void *arg) = watcher->closed;
  void *arg = watcher->closed_arg;
  redis_url_fini(&watcher->url);
  free(watcher);
  closed(arg);
}

static void on_connection_closed(void *arg) {
  struct watcher *watcher = arg;
  watcher->connections--;
  end_if_closed(watcher);
}

static void drop_connection(struct watcher *watcher) {
  if (watcher->redis)
    redis_close(watcher->redis, on_connection_closed, watcher);
  watcher->redis = NULL;
}

static void connect_if_needed(struct watcher *watcher) {
  if (watcher->redis && redis_usable(watcher->redis))
    return;
  drop_connection(watcher);
  watcher->config_err = (struct err){0};
  watcher->connections++;
  watcher->redis = redis_open(watcher->io, &watcher->url);
}

/* Before the job is handed back, all is as at rest: it may start the next one, or close us. */
static struct job *take_job(struct watcher *watcher) {
  struct job *job = watcher->job;
  watcher->job = NULL;
  redis_info_fini(&watcher->info);
  return job;
}

/* What it says, and what to do where that is clear. */
static void fail(struct watcher *watcher, const struct err *cause) {
  struct err err = *cause;
  if (cause->kind == ERR_DENIED && strncmp(cause->text, "NOAUTH", 6) == 0)
    err_set(&err, ERR_DENIED, "%.180s: give the url a password, or set REDISCLI_AUTH", cause->text);
  else if (cause->kind == ERR_DENIED && strncmp(cause->text, "NOPERM", 6) == 0)
    err_set(&err, ERR_DENIED, "%.180s: its ACL user needs +info", cause->text);
  if (watcher->redis && (!redis_usable(watcher->redis) || watcher->awaited > 0))
    drop_connection(watcher);
  job_failed(take_job(watcher), &err);
}

static void finish(struct watcher *watcher) {
  struct redis_counters now;
  struct redis_rates rates;
  struct sample *sample = sample_new(tables, TABLE_COUNT);
  redis_counters_read(&now, &watcher->info, watcher->answered_us);
  redis_rates_make(&rates, &watcher->before, &now);
  watcher->before = now;
  redis_rows_make(sample, watcher->target->name, &watcher->info, &rates,
                  watcher->config_err.kind != ERR_NONE ? &watcher->config_err : NULL);
  sample->address = sample_copy(sample, redis_address(watcher->redis));
  sample->requests = watcher->requests;
  job_done(take_job(watcher), sample);
}

static bool ask(struct watcher *watcher, int argc, const char *const *argv, redis_reply_cb done,
                struct err *err) {
  watcher->requests++;
  return redis_send(watcher->redis, argc, argv, NULL, done, watcher, err);
}

/* A pair of name and value; an empty list for a setting that this server does not have. */
static void take_setting(struct watcher *watcher, const redisReply *reply) {
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
      reply->element[0]->type != REDIS_REPLY_STRING ||
      reply->element[1]->type != REDIS_REPLY_STRING)
    return;
  for (size_t i = 0; i < SETTING_COUNT; i++)
    if (strcmp(settings[i].config, reply->element[0]->str) == 0)
      redis_info_add(&watcher->info, settings[i].info, reply->element[1]->str);
}

static void on_setting(void *arg, const struct redisReply *reply, const struct err *err) {
  struct watcher *watcher = arg;
  if (err) {
    fail(watcher, err);
    return;
  }
  if (!redis_reply_err(reply, &watcher->config_err))
    take_setting(watcher, reply);
  if (--watcher->awaited == 0)
    finish(watcher);
}

/* True if something was asked. A Sentinel has no such settings. */
static bool ask_settings(struct watcher *watcher, struct err *err) {
  *err = (struct err){0};
  if (watcher->config_err.kind != ERR_NONE || !redis_info_text(&watcher->info, "used_memory"))
    return false;
  for (size_t i = 0; i < SETTING_COUNT; i++) {
    const char *const words[] = {"CONFIG", "GET", settings[i].config};
    if (redis_info_text(&watcher->info, settings[i].info))
      continue;
    if (!ask(watcher, 3, words, on_setting, err))
      return false;
    watcher->awaited++;
  }
  return watcher->awaited > 0;
}

static void on_info(void *arg, const struct redisReply *reply, const struct err *err) {
  struct watcher *watcher = arg;
  struct err failure = {0};
  if (err) {
    fail(watcher, err);
    return;
  }
  watcher->answered_us = clock_now_us();
  if (redis_reply_err(reply, &failure)) {
    fail(watcher, &failure);
    return;
  }
  if (reply->type == REDIS_REPLY_STRING)
    redis_info_parse(&watcher->info, reply->str, reply->len);
  if (!redis_info_plausible(&watcher->info)) {
    err_set(&failure, ERR_PROTOCOL, "the answer to INFO holds nothing that a Redis says");
    fail(watcher, &failure);
    return;
  }
  if (ask_settings(watcher, &failure))
    return;
  if (failure.kind != ERR_NONE)
    fail(watcher, &failure);
  else
    finish(watcher);
}

static void collector_start(void *self, struct job *job) {
  struct watcher *watcher = self;
  struct err err;
  watcher->job = job;
  watcher->requests = 0;
  watcher->awaited = 0;
  connect_if_needed(watcher);
  if (!ask(watcher, 1, (const char *const[]){"INFO"}, on_info, &err))
    fail(watcher, &err);
}

static void collector_cancel(void *self, struct err *err) {
  struct watcher *watcher = self;
  char where[200];
  struct err so_far = *err;
  if (watcher->redis && err->kind == ERR_TIMEOUT)
    err_set(err, ERR_TIMEOUT, "%.48s: %s", so_far.text,
            redis_describe(watcher->redis, where, sizeof where));
  drop_connection(watcher);
  take_job(watcher);
}

static void collector_close(void *self, void (*done)(void *arg), void *arg) {
  struct watcher *watcher = self;
  watcher->closed = done;
  watcher->closed_arg = arg;
  drop_connection(watcher);
  end_if_closed(watcher);
}
