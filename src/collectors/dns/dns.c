/* Names: what each of several name servers answers. One target a name and a type, a row for each
 * name server. */
#include "collectors/dns/dns_rows.h"
#include "collectors/frame.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, MARGIN_MIN_MS = 50, MARGIN_MAX_MS = 500, RESOLVERS_MAX = 16 };

static const struct option options[] = {
    {.name = "lookup",
     .type = OPTION_TEXT,
     .required = true,
     .help = "name to look up",
     .example = "api.example.com",
     .check = dns_name_check},
    {.name = "type",
     .type = OPTION_CHOICE,
     .choices = dns_types,
     .fallback = "A",
     .help = "type of the records"},
    {.name = "resolvers",
     .type = OPTION_LIST,
     .help = "addresses of the name servers that are asked; default: those of /etc/resolv.conf",
     .example = "[10.0.0.53, 10.0.1.53]",
     .check = dns_server_check},
    {.name = "expect",
     .type = OPTION_LIST,
     .help = "values that the answer must have, all and no others, in any order",
     .example = "[10.1.2.3, 10.1.2.4]"},
    {.name = "same",
     .type = OPTION_BOOL,
     .fallback = "true",
     .help = "the name servers must agree; false: they may answer differently"},
};

static const struct table_spec *const tables[] = {&dns_table};

struct question {
  struct watcher *watcher;
  struct dns_query *query; /* NULL: ended */
  struct dns_said said;
};

struct watcher {
  struct watch watch; /* first */
  char lookup[320];
  struct question *questions; /* of the collection; NULL: none */
  size_t count, waiting;
};

static bool check(const struct target *target, struct err *err) {
  const struct option_value *resolvers = target_option(target, "resolvers");
  if (resolvers->item_count > RESOLVERS_MAX)
    return err_set(err, ERR_INVALID, "more than %d resolvers", RESOLVERS_MAX);
  for (size_t i = 0; i < resolvers->item_count; i++)
    for (size_t j = 0; j < i; j++)
      if (strcmp(resolvers->items[i], resolvers->items[j]) == 0)
        return err_set(err, ERR_INVALID, "the resolver %.60s is listed twice", resolvers->items[i]);
  return true;
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  snprintf(watcher->lookup, sizeof watcher->lookup, "%s %s", target_text(target, "lookup"),
           target_text(target, "type"));
  return check(target, err);
}

static void rest(void *self) {
  struct watcher *watcher = self;
  for (size_t i = 0; i < watcher->count; i++)
    if (watcher->questions[i].query)
      dns_cancel(watcher->questions[i].query);
  free(watcher->questions);
  watcher->questions = NULL;
  watcher->count = watcher->waiting = 0;
}

static struct dns_wanted wanted_of(const struct watcher *watcher) {
  const struct target *target = watcher->watch.target;
  const struct option_value *expect = target_option(target, "expect");
  return (struct dns_wanted){.name = target->name,
                             .lookup = watcher->lookup,
                             .expect = expect->items,
                             .expect_count = expect->item_count,
                             .same = target_number(target, "same")};
}

static void finish(void *self) {
  struct watcher *watcher = self;
  const struct dns_wanted wanted = wanted_of(watcher);
  struct dns_said *said = mem_new(watcher->count * sizeof *said);
  struct sample *sample = sample_new(tables, 1);
  for (size_t i = 0; i < watcher->count; i++) {
    said[i] = watcher->questions[i].said;
    if (watcher->questions[i].query)
      err_set(&said[i].err, ERR_TIMEOUT, "no answer from the name server");
  }
  dns_rows_add(sample, &wanted, said, watcher->count);
  free(said);
  watch_done(&watcher->watch, sample);
}

static void on_records(void *arg, const struct dns_records *records, const struct err *err) {
  struct question *question = arg;
  struct watcher *watcher = question->watcher;
  question->query = NULL;
  question->said.took_us = clock_now_us() - watcher->watch.job->started_us;
  const struct dns_wanted wanted = wanted_of(watcher);
  dns_said_take(&question->said, &wanted, records, err);
  if (--watcher->waiting == 0)
    finish(watcher);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const struct option_value *resolvers = target_option(target, "resolvers");
  char system[DNS_SERVERS_MAX][DNS_SERVER_MAX];
  const bool listed = resolvers->item_count > 0;
  watcher->count = listed ? resolvers->item_count : dns_system_servers(system);
  if (watcher->count == 0) {
    const struct err err = {ERR_INVALID, "this host has no name server in /etc/resolv.conf"};
    watch_failed(&watcher->watch, &err);
    return;
  }
  watcher->questions = mem_new(watcher->count * sizeof *watcher->questions);
  watcher->waiting = watcher->count;
  for (size_t i = 0; i < watcher->count; i++) {
    struct question *question = &watcher->questions[i];
    question->watcher = watcher;
    snprintf(question->said.server, sizeof question->said.server, "%.53s",
             listed ? resolvers->items[i] : system[i]);
    watcher->watch.requests++;
    question->query =
        dns_ask_records(watcher->watch.io, question->said.server, target_text(target, "lookup"),
                        target_text(target, "type"), on_records, question);
  }
  /* what the others answered is shown also if one is silent */
  watch_wait(&watcher->watch,
             watch_end_ms(&watcher->watch, MARGIN_MIN_MS, MARGIN_MAX_MS) - clock_now_ms());
}

static void forget(void *self, struct err *err) {
  (void)self; /* rest cancels */
  (void)err;
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct watcher),
                                         .init = init,
                                         .ask = ask,
                                         .late = finish,
                                         .rest = rest,
                                         .forget = forget};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_dns = {
    .kind = {.kind = "dns",
             .key = "dns",
             .title = "DNS",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = check},
    .tables = tables,
    .table_count = 1,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
