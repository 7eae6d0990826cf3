/* An object store with the API of S3: its buckets, the newest object of each backup, and, if it is
 * configured, a probe that writes, reads and deletes an object of its own. */
#include "clients/s3/s3_contract.h"
#include "collectors/frame.h"
#include "collectors/s3/s3_rows.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/tls/tls_options.h"
#include "model/config/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TIMEOUT_MS = 15000,
  MARGIN_MIN_MS = 50,
  MARGIN_MAX_MS = 500,
  MINUTE_MS = 60000,
  DAY_MS = 86400000,
};

static bool url_check(const char *text, struct err *err) {
  if (!http_url_check(text, err))
    return false;
  const char *host = strstr(text, "://") + 3;
  if (text[strcspn(text, "?#")] || memchr(host, '@', strcspn(host, "/")))
    return err_set(err, ERR_INVALID,
                   "the URL of an S3 API has no login, query or fragment; set access_key and "
                   "secret_key");
  return true;
}

/* They become parts of headers. */
static bool word_check(const char *text, struct err *err) {
  bool good = *text;
  for (const char *c = text; *c; c++)
    good &= isgraph((unsigned char)*c) && !strchr(",\"", *c);
  return good || err_set(err, ERR_INVALID, "it has blanks or other characters that it cannot have");
}

static const char *const styles[] = {"path", "virtual", NULL};

static const struct option options[] = {
    {.name = "url",
     .type = OPTION_TEXT,
     .required = true,
     .help = "http or https URL of its S3 API",
     .example = "http://minio:9000",
     .check = url_check},
    {.name = "region",
     .type = OPTION_TEXT,
     .fallback = "us-east-1",
     .help = "region for which requests are signed",
     .check = word_check},
    {.name = "access_key",
     .type = OPTION_TEXT,
     .help = "access key to log in with; without one requests are anonymous",
     .example = "\"${S3_ACCESS_KEY}\"",
     .check = word_check},
    {.name = "secret_key",
     .type = OPTION_SECRET,
     .help = "its secret key; never shown",
     .example = "\"${S3_SECRET_KEY}\"",
     .hidden = true},
    {.name = "session_token",
     .type = OPTION_SECRET,
     .help = "session token of temporary keys; never shown",
     .example = "\"${AWS_SESSION_TOKEN}\"",
     .check = word_check,
     .hidden = true},
    {.name = "style",
     .type = OPTION_CHOICE,
     .choices = styles,
     .fallback = "path",
     .help = "where the bucket is in the URL: in its path, or in the name of the host"},
    {.name = "buckets",
     .type = OPTION_LIST,
     .help = "buckets to watch, at most 100; default: all that the keys can list",
     .example = "[ecap-data-lake, ecap-backups]",
     .check = s3_bucket_check},
    {.name = "public",
     .type = OPTION_LIST,
     .help = "buckets that are meant to be public",
     .example = "[ecap-assets]",
     .check = s3_bucket_check},
    {.name = "backups",
     .type = OPTION_MAP,
     .help = "by name: bucket and prefix, and what the newest object there must be: max_age "
             "(default 26h), min_size, shrink (default 50%), match",
     .example = "{postgres: \"ecap-backups/postgres/ max_age 26h min_size 1MB\"}",
     .check = s3_backup_check,
     .check_name = s3_backup_name_check},
    {.name = "check_every",
     .type = OPTION_DURATION,
     .min = 10000,
     .max = DAY_MS,
     .fallback = "5m",
     .help = "how often backups are listed, and settings of buckets asked"},
    {.name = "probe",
     .type = OPTION_TEXT,
     .help = "bucket and prefix where a probe writes, reads and deletes an object of its own; "
             "default: none, nothing is written",
     .example = "ecap-data-lake/stacktop-probe/",
     .check = s3_probe_check},
    {.name = "probe_every",
     .type = OPTION_DURATION,
     .min = 5000,
     .max = DAY_MS,
     .fallback = "1m",
     .help = "how often the probe runs"},
    TLS_OPTIONS,
};

struct watcher {
  struct watch watch; /* first */
  struct s3_client client;
  struct s3_run run;
  struct s3_chain catalogue; /* asks for all buckets */
  struct s3_bucket *buckets; /* S3_BUCKETS_MAX */
  size_t bucket_count, bucket_total;
  bool names_buckets; /* the configuration does */
  struct err unlisted;
  struct s3_scan *scans;
  size_t scan_count;
  struct s3_probe probe;
};

/* ---- its life */

static bool check(const struct target *target, struct err *err) {
  const bool key = target_text(target, "access_key"), secret = target_text(target, "secret_key");
  if (key != secret)
    return err_set(err, ERR_INVALID, "access_key and secret_key belong together");
  if (target_text(target, "session_token") && !key)
    return err_set(err, ERR_INVALID, "session_token needs access_key and secret_key");
  if (target_text(target, "key_file") && !target_text(target, "cert_file"))
    return err_set(err, ERR_INVALID, "key_file is the key of a cert_file, which is not set");
  if (target_option(target, "buckets")->item_count > S3_BUCKETS_MAX)
    return err_set(err, ERR_INVALID, "buckets: at most %d", S3_BUCKETS_MAX);
  if (target_option(target, "backups")->item_count > S3_BACKUPS_MAX)
    return err_set(err, ERR_INVALID, "backups: at most %d", S3_BACKUPS_MAX);
  return true;
}

static struct s3_bucket *bucket_find(struct watcher *watcher, const char *name) {
  for (size_t i = 0; i < watcher->bucket_count; i++)
    if (strcmp(watcher->buckets[i].name, name) == 0)
      return &watcher->buckets[i];
  return NULL;
}

static struct s3_bucket *bucket_add(struct watcher *watcher, const char *name) {
  struct s3_bucket *bucket = bucket_find(watcher, name);
  if (bucket || watcher->bucket_count == S3_BUCKETS_MAX)
    return bucket;
  bucket = &watcher->buckets[watcher->bucket_count++];
  *bucket = (struct s3_bucket){0};
  snprintf(bucket->name, sizeof bucket->name, "%s", name);
  return bucket;
}

static const char *forbidden_by(const struct target *target) {
  return target->read_only                             ? "read_only of the target"
         : target->config && target->config->no_writes ? "read-only"
         : target->config && target->config->read_only ? "read_only in the configuration"
                                                       : NULL;
}

static bool init_scans(struct watcher *watcher, struct err *err) {
  const struct option_value *backups = target_option(watcher->watch.target, "backups");
  watcher->scans = mem_new((backups->item_count + 1) * sizeof *watcher->scans);
  for (size_t i = 0; i < backups->item_count; i++) {
    struct s3_scan *scan = &watcher->scans[watcher->scan_count++];
    scan->name = backups->names[i];
    if (!s3_backup_parse(backups->items[i], &scan->backup, err))
      return false;
  }
  return true;
}

static void fini(void *self) {
  struct watcher *watcher = self;
  free(watcher->buckets);
  free(watcher->scans);
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const struct option_value *names = target_option(target, "buckets");
  const char *probe = target_text(target, "probe");
  if (!check(target, err) || !s3_client_init(&watcher->client, watcher->watch.io, target, err))
    return false;
  watcher->buckets = mem_new(S3_BUCKETS_MAX * sizeof *watcher->buckets);
  watcher->names_buckets = names->item_count > 0;
  for (size_t i = 0; i < names->item_count; i++)
    bucket_add(watcher, names->items[i]);
  watcher->bucket_total = watcher->bucket_count;
  watcher->probe.wanted = probe;
  watcher->probe.forbidden = forbidden_by(target);
  if (init_scans(watcher, err) && (!probe || s3_probe_parse(probe, &watcher->probe, err)))
    return true;
  fini(watcher);
  return false;
}

static void rest(void *self) {
  struct watcher *watcher = self;
  s3_run_stop(&watcher->run);
}

/* ---- a collection */

/* Nothing was answered as S3 does, or no request will be: an error of the target. */
static bool is_down(const struct watcher *watcher) {
  const struct s3_run *run = &watcher->run;
  return run->down.kind != ERR_NONE && !run->was_s3;
}

static void on_done(void *arg) {
  struct watcher *watcher = arg;
  const struct target *target = watcher->watch.target;
  const struct option_value *public = target_option(target, "public");
  if (is_down(watcher)) {
    const struct err err = watcher->run.down;
    watch_failed(&watcher->watch, &err);
    return;
  }
  if (watcher->unlisted.kind != ERR_NONE && watcher->bucket_count == 0 &&
      watcher->scan_count == 0 && !watcher->probe.wanted) {
    struct err err;
    err_set(&err, watcher->unlisted.kind, "cannot list the buckets: %.170s; name them in buckets",
            watcher->unlisted.text);
    watch_failed(&watcher->watch, &err);
    return;
  }
  const struct s3_known known = {
      .name = target->name,
      .region = watcher->client.login.region,
      .buckets = watcher->buckets,
      .bucket_count = watcher->bucket_count,
      .bucket_total = watcher->bucket_total,
      .unlisted = watcher->unlisted.kind != ERR_NONE ? watcher->unlisted.text : NULL,
      .scans = watcher->scans,
      .scan_count = watcher->scan_count,
      .probe = &watcher->probe,
      .run = &watcher->run,
      .public_names = public->items,
      .public_count = public->item_count,
      .now_ms = clock_now_ms(),
      .wall_ms = clock_wall_ms()};
  struct sample *sample = s3_sample(&known);
  watcher->watch.requests += watcher->run.requests;
  sample->address = sample_copy(sample, target_text(target, "url"));
  watch_done(&watcher->watch, sample);
}

static bool is_due(int64_t last_ms, int64_t every_ms) {
  return last_ms == 0 || clock_now_ms() - last_ms >= every_ms;
}

static void add_buckets(struct watcher *watcher) {
  const int64_t every_ms = target_number(watcher->watch.target, "check_every");
  for (size_t i = 0; i < watcher->bucket_count; i++) {
    struct s3_bucket *bucket = &watcher->buckets[i];
    bucket->settings_due = is_due(bucket->settings_ms, every_ms);
    s3_run_add(&watcher->run, &bucket->chain, s3_bucket_begin, bucket);
  }
}

/* Keeps what is known of those that are still there. */
static void buckets_take(struct watcher *watcher, const struct s3_buckets *listed) {
  for (size_t i = 0; i < watcher->bucket_count; i++)
    watcher->buckets[i].gone = true;
  for (size_t i = 0; i < listed->count; i++) {
    struct s3_bucket *bucket = bucket_find(watcher, listed->names[i]);
    if (bucket)
      bucket->gone = false;
  }
  size_t kept = 0;
  for (size_t i = 0; i < watcher->bucket_count; i++)
    if (!watcher->buckets[i].gone)
      watcher->buckets[kept++] = watcher->buckets[i];
  watcher->bucket_count = kept;
  for (size_t i = 0; i < listed->count; i++)
    bucket_add(watcher, listed->names[i]);
  watcher->bucket_total = listed->total;
}

static void on_catalogue(void *owner, const struct s3_answer *answer) {
  struct watcher *watcher = owner;
  struct s3_buckets *listed = mem_new(sizeof *listed);
  watcher->unlisted = answer->err ? *answer->err : (struct err){0};
  if (!answer->err && s3_buckets_read(answer->body, answer->body_len, listed, &watcher->unlisted)) {
    watcher->run.was_s3 = true;
    buckets_take(watcher, listed);
  } else if (!answer->err) {
    watcher->run.down = watcher->unlisted;
  }
  free(listed);
  if (watcher->unlisted.kind == ERR_NONE || watcher->bucket_count > 0)
    add_buckets(watcher);
  s3_chain_end(&watcher->catalogue);
}

static void ask_catalogue(void *owner) {
  struct watcher *watcher = owner;
  s3_chain_ask(&watcher->catalogue, &(struct s3_query){0}, on_catalogue);
}

static void add_rest(struct watcher *watcher) {
  const struct target *target = watcher->watch.target;
  const int64_t every_ms = target_number(target, "check_every");
  struct s3_probe *probe = &watcher->probe;
  for (size_t i = 0; i < watcher->scan_count; i++) {
    struct s3_scan *scan = &watcher->scans[i];
    if (*scan->token || scan->err.kind != ERR_NONE || is_due(scan->ended_ms, every_ms))
      s3_run_add(&watcher->run, &scan->chain, s3_scan_begin, scan);
  }
  if (probe->wanted && !probe->forbidden &&
      is_due(probe->ended_ms, target_number(target, "probe_every")))
    s3_run_add(&watcher->run, &probe->chain, s3_probe_begin, probe);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  watcher->run =
      (struct s3_run){.client = &watcher->client,
                      .end_ms = watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS),
                      .done = on_done,
                      .arg = watcher};
  if (watcher->names_buckets)
    add_buckets(watcher);
  else
    s3_run_add(&watcher->run, &watcher->catalogue, ask_catalogue, watcher);
  add_rest(watcher);
  s3_run_start(&watcher->run);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .init = init, .ask = ask, .rest = rest, .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_s3 = {
    .kind = {.kind = S3_KIND,
             .key = "s3",
             .title = "S3",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = check},
    .tables = s3_tables,
    .table_count = S3_TABLES,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
