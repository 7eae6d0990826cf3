/* ZooKeeper: mntr, srvr and ruok, one after the other, each on a connection of its own. */
#include "clients/zookeeper/zookeeper.h"

#include "collectors/frame.h"
#include "collectors/zookeeper/zookeeper_rows.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/net/tcp.h"
#include "io/tls/tls_options.h"

#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000 };

static const struct option options[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .required = true,
     .help = "host:port or [IPv6]:port of its client port",
     .example = "\"zookeeper:2181\"",
     .check = tcp_address_check},
    {.name = "tls",
     .type = OPTION_BOOL,
     .fallback = "false",
     .help = "the port is that of TLS (secureClientPort)"},
    TLS_OPTIONS,
};

static const struct usual_place usual[] = {
    {ZOOKEEPER_PORT, "zookeeper", "address", "127.0.0.1:2181"},
    {0},
};

struct watcher {
  struct watch watch; /* first */
  struct zookeeper_memory memory;
  struct line_tls_options tls;
  char host[HOST_MAX];
  int port;

  /* The collection under way. */
  size_t word;
  struct zookeeper_answers answers;
};

static bool check(const struct target *target, struct err *err) {
  static const char *const names[] = {"ca_file", "cert_file", "key_file"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (target_text(target, names[i]) && !target_number(target, "tls"))
      return err_set(err, ERR_INVALID, "%s needs tls: true", names[i]);
  return true;
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  watcher->tls = (struct line_tls_options){.ca_file = target_text(target, "ca_file"),
                                           .cert_file = target_text(target, "cert_file"),
                                           .key_file = target_text(target, "key_file"),
                                           .insecure = target_number(target, "insecure") != 0};
  return check(target, err) &&
         tcp_address_split(target_text(target, "address"), watcher->host, &watcher->port, err);
}

static void rest(void *self) {
  struct watcher *watcher = self;
  for (size_t i = 0; i < ZOOKEEPER_WORDS; i++)
    free(watcher->answers.texts[i]);
  memset(&watcher->answers, 0, sizeof watcher->answers);
}

static void fini(void *self) {
  struct watcher *watcher = self;
  row_past_fini(&watcher->memory.rows);
}

static void finish(struct watcher *watcher) {
  struct err err = {0};
  watcher->answers.name = watcher->watch.target->name;
  watcher->answers.now_us = clock_now_us();
  struct sample *sample = zookeeper_sample(&watcher->answers, &watcher->memory, &err);
  if (!sample) {
    watch_failed(&watcher->watch, &err);
    return;
  }
  sample->address = sample_copy(sample, target_text(watcher->watch.target, "address"));
  watch_done(&watcher->watch, sample);
}

static void ask_word(struct watcher *watcher);

/* Where nothing answers the first word, the others are not asked. */
static void on_answer(void *arg, const void *answer, const struct err *err) {
  struct watcher *watcher = arg;
  const size_t word = watcher->word;
  if (answer) {
    const struct line_text *text = answer;
    watcher->answers.texts[word] = mem_new(text->length + 1);
    memcpy(watcher->answers.texts[word], text->bytes, text->length);
    if (word == 0)
      watcher->answers.answer_us = line_answer_us(watcher->watch.conn);
  } else {
    watcher->answers.errs[word] = *err;
  }
  watch_drop(&watcher->watch);
  if (++watcher->word == ZOOKEEPER_WORDS || (err && word == 0))
    finish(watcher);
  else
    ask_word(watcher);
}

static void ask_word(struct watcher *watcher) {
  struct err err;
  struct line *line = watch_connect(&watcher->watch, NULL);
  watcher->watch.requests++;
  if (!zookeeper_send(line, zookeeper_words[watcher->word], on_answer, watcher, &err))
    watch_failed(&watcher->watch, &err);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  watcher->word = 0;
  watcher->answers.answer_us = -1;
  ask_word(watcher);
}

static void *connect_to(void *self) {
  struct watcher *watcher = self;
  const struct line_place place = {
      .host = watcher->host,
      .port = watcher->port,
      .tls = target_number(watcher->watch.target, "tls") ? &watcher->tls : NULL};
  return zookeeper_open(watcher->watch.io, &place);
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct watcher),
                                         .init = init,
                                         .conn = &watch_line_conn,
                                         .connect = connect_to,
                                         .ask = ask,
                                         .rest = rest,
                                         .fini = fini};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_zookeeper = {
    .kind = {.kind = ZOOKEEPER_KIND,
             .key = "zookeeper",
             .title = "ZooKeeper",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = check},
    .tables = zookeeper_tables,
    .table_count = ZOOKEEPER_TABLES,
    .timeout_ms = TIMEOUT_MS,
    .usual = usual,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
