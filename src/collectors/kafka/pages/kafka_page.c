#include "collectors/kafka/pages/kafka_page.h"

#include "core/mem.h"
#include "io/clock.h"
#include "io/limit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* As for the collector: the client's deadline is before the job's. */
enum { MARGIN_MS = 100, MARGIN_MAX_MS = 250 };

/* Numbers of rows that stand still. Those that were not asked for in a collection are dropped. */
struct kafka_still {
  char *key; /* heap */
  int64_t number, since_ms;
  bool seen;
};
struct kafka_still_list {
  struct kafka_still *items; /* heap */
  size_t count;
};

struct open_page {
  struct watch watch; /* first */
  struct kafka_client *client;
  struct kafka_history *history;
  struct kafka_rules rules;
  struct row_past past;
  struct kafka_still_list still;
  struct kafka_request *request; /* the running one, or NULL */
  int64_t first_ms;              /* of the first snapshot, or 0 */
  bool stands_still;             /* the group does, as of the last one */
  char *kept[KAFKA_PAGE_KEPT_MAX];
  size_t kept_count;
  char *groups[1], *topics[1]; /* of the query */
};

static const struct kafka_page *page_own(const struct open_page *open) {
  return open->watch.page->own;
}

static bool init(void *self, struct err *err) {
  struct open_page *open = self;
  const struct target *target = open->watch.target;
  open->client = kafka_client_open(open->watch.io, target, err);
  if (!open->client)
    return false;
  watch_hold(&open->watch);
  open->rules = kafka_rules_of(target);
  open->history = kafka_history_new(target_number(target, "window"), open->rules.allowed);
  return true;
}

char *kafka_page_keep(struct watch *watch, char *text) {
  struct open_page *open = (struct open_page *)watch; /* its first member */
  assert(open->kept_count < KAFKA_PAGE_KEPT_MAX);
  open->kept[open->kept_count++] = text;
  return text;
}

char *kafka_page_glob(struct watch *watch, const char *name) {
  char *glob = mem_new(2 * strlen(name) + 1), *to = glob;
  for (; *name; name++) {
    if (strchr("*?[\\", *name))
      *to++ = '\\';
    *to++ = *name;
  }
  *to = '\0';
  return kafka_page_keep(watch, glob);
}

void kafka_page_ask_group(struct watch *watch, struct kafka_query *query, const char *group) {
  struct open_page *open = (struct open_page *)watch; /* its first member */
  open->groups[0] = kafka_page_glob(watch, group);
  query->groups = open->groups;
  query->group_count = 1;
}

void kafka_page_ask_topics(struct watch *watch, struct kafka_query *query, const char *topic) {
  struct open_page *open = (struct open_page *)watch; /* its first member */
  open->topics[0] = kafka_page_glob(watch, topic);
  query->topics = open->topics;
  query->topic_count = 1;
}

void kafka_page_ask_groups(struct watch *watch, struct kafka_query *query) {
  struct open_page *open = (struct open_page *)watch; /* its first member */
  const struct option_value *groups = target_option(watch->target, "groups");
  open->groups[0] = kafka_page_keep(watch, mem_dup("*"));
  query->groups = groups->item_count > 0 ? groups->items : open->groups;
  query->group_count = groups->item_count > 0 ? groups->item_count : 1;
}

struct value kafka_page_still(struct kafka_page_call *call, const char *key, int64_t number) {
  struct kafka_still_list *list = call->still;
  const int64_t now_ms = call->snapshot->ended_ms;
  size_t i = 0;
  while (i < list->count && strcmp(list->items[i].key, key) != 0)
    i++;
  if (i == KAFKA_STILL_MAX)
    return value_none("not remembered: too many");
  if (i == list->count) {
    list->items = mem_resize(list->items, (i + 1) * sizeof *list->items);
    list->items[list->count++] = (struct kafka_still){mem_dup(key), number, now_ms, true};
  }
  struct kafka_still *still = &list->items[i];
  if (still->number != number)
    still->since_ms = now_ms;
  still->number = number;
  still->seen = true;
  return value_real((double)(now_ms - still->since_ms) * 1e-3);
}

static void still_sweep(struct kafka_still_list *list, bool all) {
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (all || !list->items[i].seen) {
      free(list->items[i].key);
      continue;
    }
    list->items[i].seen = false;
    list->items[kept++] = list->items[i];
  }
  list->count = kept;
}

static void rest(void *self) {
  struct open_page *open = self;
  while (open->kept_count > 0)
    free(open->kept[--open->kept_count]);
}

static struct sample *sample_make(struct open_page *open, const struct kafka_snapshot *snapshot,
                                  struct err *err) {
  const struct watch *watch = &open->watch;
  const struct page_spec *spec = &watch->page->spec;
  kafka_history_add(open->history, snapshot);
  row_past_begin(&open->past);
  if (open->first_ms == 0)
    open->first_ms = snapshot->ended_ms;
  struct kafka_page_call call = {.focus = watch->focus,
                                 .target = watch->target,
                                 .snapshot = snapshot,
                                 .history = open->history,
                                 .rules = &open->rules,
                                 .sample = sample_new(spec->tables, spec->table_count),
                                 .past = &open->past,
                                 .still = &open->still,
                                 .stands_still = &open->stands_still,
                                 .now_us = snapshot->ended_ms * 1000,
                                 .open_ms = snapshot->ended_ms - open->first_ms,
                                 .wall_ms = clock_now_ms() + clock_wall_offset_ms()};
  if (!page_own(open)->fill(&call, err)) {
    sample_free(call.sample);
    return NULL;
  }
  still_sweep(&open->still, false);
  if (snapshot->crash)
    sample_fault(call.sample, NULL, SEVERITY_UNKNOWN, "%s", snapshot->crash);
  call.sample->address = sample_copy(call.sample, target_text(watch->target, "bootstrap"));
  return call.sample;
}

static void on_snapshot(void *arg, struct kafka_snapshot *snapshot, const struct err *err) {
  struct open_page *open = arg;
  struct err why = {0};
  open->request = NULL;
  if (!snapshot) {
    kafka_history_miss(open->history);
    watch_failed(&open->watch, err);
    return;
  }
  struct sample *sample = sample_make(open, snapshot, &why);
  open->watch.requests = snapshot->requests;
  kafka_snapshot_free(snapshot);
  if (sample)
    watch_done(&open->watch, sample);
  else
    watch_failed(&open->watch, &why);
}

static void ask(void *self) {
  struct open_page *open = self;
  struct err err = {0};
  const struct option_value *topics = target_option(open->watch.target, "topics");
  struct kafka_query query = {.topics = topics->items,
                              .topic_count = topics->item_count,
                              .held = open->stands_still,
                              .deadline_ms = watch_end_ms(&open->watch, MARGIN_MS, MARGIN_MAX_MS)};
  if (page_own(open)->query(&open->watch, &query, &err))
    open->request = kafka_snapshot_start(open->client, &query, on_snapshot, open);
  else
    watch_failed(&open->watch, &err);
}

static void forget(void *self, struct err *err) {
  struct open_page *open = self;
  const char *step;
  char memory[LIMIT_TEXT_MAX];
  kafka_snapshot_cancel(open->request, *err->text ? &step : NULL);
  kafka_history_miss(open->history);
  open->request = NULL;
  if (*err->text)
    err_set(err, ERR_IO, "Kafka client hung (waited for %s)%s, restarting", step,
            limit_memory_text(memory));
}

static void end(void *self) {
  struct open_page *open = self;
  kafka_client_close(open->client, watch_released, open);
}

static void fini(void *self) {
  struct open_page *open = self;
  kafka_history_free(open->history);
  row_past_fini(&open->past);
  still_sweep(&open->still, true);
  free(open->still.items);
}

const struct watch_kind kafka_page_watch = {.size = sizeof(struct open_page),
                                            .init = init,
                                            .ask = ask,
                                            .rest = rest,
                                            .forget = forget,
                                            .end = end,
                                            .fini = fini};
