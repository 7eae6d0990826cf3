/* Memcached: one `stats` per collection, over a kept connection. */
#include "clients/memcached/memcached.h"

#include "clients/memcached/memcached_contract.h"
#include "collectors/figures.h"
#include "collectors/frame.h"
#include "io/clock.h"
#include "io/net/tcp.h"

#include <assert.h>

enum { TIMEOUT_MS = 3000 };

static const struct option options[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .required = true,
     .help = "host:port or [IPv6]:port",
     .example = "\"memcached:11211\"",
     .check = tcp_address_check},
};

enum summary_column {
#define COLUMN(name, ...) name,
#include "memcached_summary.def"
#undef COLUMN
  SUMMARY_COLUMN_COUNT
};

static const struct column_spec columns[] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "memcached_summary.def"
#undef COLUMN
};

static const struct table_spec summary_table = {MEMCACHED_SUMMARY_TABLE, "Memcached", TABLE_SUMMARY,
                                                columns, SUMMARY_COLUMN_COUNT};
static const struct table_spec *const tables[] = {&summary_table};

static const struct usual_place usual[] = {
    {MEMCACHED_PORT, "memcached", "address", "127.0.0.1:11211"},
    {0},
};

struct watcher {
  struct watch watch; /* first */
  struct figures_past past;
};

static const char *stat_text(const void *answer, const char *name) {
  return memcached_stat(answer, name);
}

static const struct figures figures = {.table = &summary_table,
                                       .text = stat_text,
                                       .unsaid = "not reported by stats",
                                       .run = MEMCACHED_RUN,
                                       .uptime = "uptime"};

static struct sample *read_stats(struct watcher *watcher, const struct memcached_answer *answer) {
  struct sample *sample = sample_new(tables, 1);
  struct row *row = sample_row(sample, &sample->tables[0], watcher->watch.target->name, NULL);
  const int64_t answer_us = line_answer_us(watcher->watch.conn);
  assert(row); /* one row fits into any ceiling */
  figures_take(sample, row->cells, &figures, answer, &watcher->past, clock_now_us());
  row->cells[SUMMARY_NAME] = value_text(row->key);
  row->cells[SUMMARY_LATENCY] = answer_us >= 0
                                    ? value_real((double)answer_us / 1e6)
                                    : value_none("stacktop was busy while waiting for the answer");
  sample->server = sample_printf(sample, "Memcached %.60s", memcached_stat(answer, "version"));
  return sample;
}

static void on_stats(void *arg, const void *answer, const struct err *err) {
  struct watcher *watcher = arg;
  struct err foreign;
  if (answer && !memcached_stat(answer, "version")) {
    err_set(&foreign, ERR_PROTOCOL, "the answer to stats is not that of a Memcached");
    err = &foreign;
  }
  if (err)
    watch_failed(&watcher->watch, err);
  else
    watch_done(&watcher->watch, read_stats(watcher, answer));
}

static void ask(void *self) {
  struct watcher *watcher = self;
  struct err err;
  watcher->watch.requests++;
  if (!memcached_send(watch_connect(&watcher->watch, NULL), "stats", on_stats, watcher, &err))
    watch_failed(&watcher->watch, &err);
}

static void *connect_to(void *self) {
  const struct watch *watch = self;
  return memcached_open(watch->io, target_text(watch->target, "address"));
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {
      .size = sizeof(struct watcher), .conn = &watch_line_conn, .connect = connect_to, .ask = ask};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_memcached = {
    .kind = {.kind = "memcached",
             .key = "memcached",
             .title = "Memcached",
             .options = options,
             .option_count = sizeof options / sizeof *options},
    .tables = tables,
    .table_count = 1,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
