/* The page redis.latency: the own round trip, recorded latency events, the slow log, and how long
 * calls take. */
#include "clients/redis/redis_words.h"
#include "collectors/figures.h"
#include "collectors/redis/pages/redis_page.h"
#include "core/count.h"
#include "core/mem.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum summary_column {
#include "redis_latency_summary.def"
  SUMMARY_COLUMN_COUNT
};
enum event_column {
#include "redis_latency_events.def"
  EVENT_COLUMN_COUNT
};
enum slow_column {
#include "redis_latency_slow.def"
  SLOW_COLUMN_COUNT
};
enum bucket_column {
#include "redis_latency_histogram.def"
  BUCKET_COLUMN_COUNT
};
#undef COLUMN

#define COLUMN(name, ...) [name] = {__VA_ARGS__},
static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#include "redis_latency_summary.def"
};
static const struct column_spec events_columns[EVENT_COLUMN_COUNT] = {
#include "redis_latency_events.def"
};
static const struct column_spec slow_columns[SLOW_COLUMN_COUNT] = {
#include "redis_latency_slow.def"
};
static const struct column_spec histogram_columns[BUCKET_COLUMN_COUNT] = {
#include "redis_latency_histogram.def"
};
#undef COLUMN

REDIS_PAGE_TABLE(summary, "summary", "Latency", TABLE_SUMMARY);
REDIS_PAGE_TABLE(events, "events", "Latency events", 0);
REDIS_PAGE_TABLE(slow, "slow", "Slow log", 0);
REDIS_PAGE_TABLE(histogram, "histogram", "How long calls take", 0);
static const struct table_spec *const tables[] = {&summary, &events, &slow, &histogram};

enum { PINGS = 5, KINDS_MAX = 64, EVENT_NAME_MAX = 64, BUCKETS_MAX = 64, COMMAND_NAME_MAX = 64 };
enum { COMMAND_TEXT_MAX = 300, WORDS_MAX = 4 };

struct bucket {
  int64_t up_to_us, calls, base;
  int64_t before; /* calls at the collection before */
  int64_t most;   /* of one command */
  char command[COMMAND_NAME_MAX];
};

struct memory {
  int64_t pings[PINGS];
  size_t ping_count;
  int64_t worst_us;                           /* since the page was opened; 0: none is known */
  int64_t monitor_ms, slower_us, slow_length; /* -1: not known */
  bool monitor_known, slower_known;           /* a threshold may be negative */
  char names[KINDS_MAX][EVENT_NAME_MAX];      /* of this collection */
  size_t event_count;
  struct bucket buckets[BUCKETS_MAX];
  size_t bucket_count;
  bool has_histogram; /* in this collection */
};

static void begin(struct redis_page_call *call) {
  struct memory *memory = call->memory;
  memory->ping_count = memory->event_count = 0;
  memory->monitor_known = memory->slower_known = memory->has_histogram = false;
  memory->slow_length = -1;
  if (call->first)
    memory->worst_us = 0;
}

static bool is_text(const struct redisReply *reply) {
  return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

/* ---- the round trip */

static bool ping_read(struct redis_page_call *call, const struct redisReply *reply,
                      struct err *err) {
  struct memory *memory = call->memory;
  (void)reply;
  (void)err;
  if (memory->ping_count < PINGS)
    memory->pings[memory->ping_count++] = call->answer_us;
  if (call->answer_us > memory->worst_us)
    memory->worst_us = call->answer_us;
  return true;
}

/* A server that is loading, or has lost its master, refuses PING: that is an answer, too. */
static bool ping_refused(struct redis_page_call *call, const struct err *err) {
  struct err ignored = {0};
  return err->kind == ERR_UNSUPPORTED && ping_read(call, NULL, &ignored);
}

static bool ping_again(struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  return memory->ping_count < PINGS;
}

static int compare_numbers(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* ---- settings */

static bool setting_read(const struct redisReply *reply, int64_t *number) {
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !is_text(reply->element[1]))
    return false;
  char *end;
  *number = strtoll(reply->element[1]->str, &end, 10);
  return end != reply->element[1]->str && !*end;
}

static bool monitor_read(struct redis_page_call *call, const struct redisReply *reply,
                         struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  memory->monitor_known = setting_read(reply, &memory->monitor_ms);
  return true;
}

static bool slower_read(struct redis_page_call *call, const struct redisReply *reply,
                        struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  memory->slower_known = setting_read(reply, &memory->slower_us);
  return true;
}

static bool length_read(struct redis_page_call *call, const struct redisReply *reply,
                        struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  memory->slow_length = redis_number(reply);
  return true;
}

/* ---- events */

static struct value ms_value(int64_t ms) {
  return ms < 0 ? value_none("not reported") : value_real((double)ms / 1e3);
}

static struct value time_value(int64_t seconds) {
  return seconds <= 0 ? value_none("not reported") : value_int(count_times(seconds, 1000));
}

static bool events_read(struct redis_page_call *call, const struct redisReply *reply,
                        struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  if (reply->type != REDIS_REPLY_ARRAY)
    return false;
  for (size_t i = 0; i < reply->elements && memory->event_count < KINDS_MAX; i++) {
    const struct redisReply *event = reply->element[i];
    if (event->type != REDIS_REPLY_ARRAY || event->elements < 4 || !is_text(event->element[0]) ||
        event->element[0]->len >= EVENT_NAME_MAX)
      continue;
    const char *name = event->element[0]->str;
    struct row *row = sample_row(call->sample, sample_table(call->sample, events.id), name, NULL);
    if (!row)
      return true;
    snprintf(memory->names[memory->event_count++], EVENT_NAME_MAX, "%s", name);
    row->cells[EVENT_NAME] = value_text(row->key);
    row->cells[EVENT_LAST] = time_value(redis_number(event->element[1]));
    row->cells[EVENT_TOOK] = ms_value(redis_number(event->element[2]));
    row->cells[EVENT_MAX] = ms_value(redis_number(event->element[3]));
    for (size_t column = EVENT_COUNT; column <= EVENT_MEAN; column++)
      row->cells[column] = value_none(events_columns[column].none);
  }
  return true;
}

static bool history_send(struct redis_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  for (size_t i = 0; i < memory->event_count; i++)
    if (!redis_page_send(call, 3, (const char *const[]){"LATENCY", "HISTORY", memory->names[i]},
                         NULL, err))
      return false;
  return true;
}

static bool history_read(struct redis_page_call *call, const struct redisReply *reply,
                         struct err *err) {
  struct table *table = sample_table(call->sample, events.id);
  int64_t count = 0, first = 0;
  double sum = 0;
  (void)err;
  if (reply->type != REDIS_REPLY_ARRAY || call->index >= table->row_count)
    return false;
  for (size_t i = 0; i < reply->elements; i++) {
    const struct redisReply *item = reply->element[i];
    if (item->type != REDIS_REPLY_ARRAY || item->elements < 2)
      continue;
    const int64_t at = redis_number(item->element[0]), ms = redis_number(item->element[1]);
    if (at <= 0 || ms < 0)
      continue;
    if (count++ == 0 || at < first)
      first = at;
    sum += (double)ms / 1e3;
  }
  struct value *cells = table->rows[call->index].cells;
  const int64_t ago = clock_wall_ms() / 1000 - first;
  cells[EVENT_COUNT] = value_int(count);
  cells[EVENT_SPAN] = count > 0 ? value_int(ago > 0 ? ago : 0) : value_none(NULL);
  cells[EVENT_MEAN] = count > 0 ? value_real(sum / (double)count) : value_none(NULL);
  return true;
}

/* ---- the slow log */

static const char *command_text(char out[COMMAND_TEXT_MAX], const struct redisReply *arguments) {
  struct redis_word words[WORDS_MAX];
  size_t count = 0;
  for (; count < arguments->elements && count < WORDS_MAX; count++) {
    const struct redisReply *argument = arguments->element[count];
    const bool text = argument->type == REDIS_REPLY_STRING;
    words[count] = (struct redis_word){text ? argument->str : "", text ? argument->len : 0};
  }
  return redis_command_shown(out, COMMAND_TEXT_MAX, words, count);
}

/* An entry is id, time, microseconds, arguments, and since 4.0 client and name. */
static void slow_fill(const struct redis_page_call *call, const struct redisReply *entry) {
  char text[COMMAND_TEXT_MAX];
  if (entry->type != REDIS_REPLY_ARRAY || entry->elements < 4 ||
      entry->element[0]->type != REDIS_REPLY_INTEGER ||
      entry->element[3]->type != REDIS_REPLY_ARRAY)
    return;
  const int64_t id = entry->element[0]->integer, us = redis_number(entry->element[2]);
  snprintf(text, sizeof text, "%lld", (long long)id);
  struct row *row = sample_row(call->sample, sample_table(call->sample, slow.id), text, NULL);
  if (!row)
    return;
  row->cells[SLOW_ID] = value_int(id);
  row->cells[SLOW_TIME] = time_value(redis_number(entry->element[1]));
  row->cells[SLOW_TOOK] = us < 0 ? value_none("not reported") : value_real((double)us / 1e6);
  row->cells[SLOW_COMMAND] =
      value_text(sample_copy(call->sample, command_text(text, entry->element[3])));
  if (entry->elements >= 6) {
    row->cells[SLOW_CLIENT] = redis_page_text(call, entry->element[4]);
    if (entry->element[5]->len > 0)
      row->cells[SLOW_NAME] = redis_page_text(call, entry->element[5]);
  }
}

static bool slow_read(struct redis_page_call *call, const struct redisReply *reply,
                      struct err *err) {
  (void)err;
  if (reply->type != REDIS_REPLY_ARRAY)
    return false;
  for (size_t i = 0; i < reply->elements; i++)
    slow_fill(call, reply->element[i]);
  return true;
}

/* ---- the histogram */

static struct bucket *bucket_of(struct memory *memory, int64_t up_to_us) {
  size_t at = 0;
  while (at < memory->bucket_count && memory->buckets[at].up_to_us < up_to_us)
    at++;
  if (at < memory->bucket_count && memory->buckets[at].up_to_us == up_to_us)
    return &memory->buckets[at];
  if (memory->bucket_count == BUCKETS_MAX)
    return NULL;
  memmove(&memory->buckets[at + 1], &memory->buckets[at],
          (memory->bucket_count++ - at) * sizeof *memory->buckets);
  memory->buckets[at] = (struct bucket){.up_to_us = up_to_us};
  return &memory->buckets[at];
}

/* Pairs of microseconds and how many calls took at most this. */
static void command_take(struct memory *memory, const char *command,
                         const struct redisReply *pairs) {
  int64_t below = 0;
  for (size_t i = 0; i + 1 < pairs->elements; i += 2) {
    const int64_t up_to = redis_number(pairs->element[i]);
    const int64_t all = redis_number(pairs->element[i + 1]);
    struct bucket *bucket = up_to >= 0 && all >= below ? bucket_of(memory, up_to) : NULL;
    if (!bucket)
      continue;
    const int64_t calls = all - below;
    below = all;
    bucket->calls = count_add(bucket->calls, calls);
    if (calls <= bucket->most)
      continue;
    bucket->most = calls;
    snprintf(bucket->command, sizeof bucket->command, "%s", command);
  }
}

static bool histogram_read(struct redis_page_call *call, const struct redisReply *reply,
                           struct err *err) {
  struct memory *memory = call->memory;
  bool reset = false;
  (void)err;
  if (reply->type != REDIS_REPLY_ARRAY)
    return false;
  if (call->first)
    memory->bucket_count = 0;
  for (size_t i = 0; i < memory->bucket_count; i++) {
    memory->buckets[i].before = memory->buckets[i].calls;
    memory->buckets[i].calls = memory->buckets[i].most = 0;
  }
  for (size_t i = 0; i + 1 < reply->elements; i += 2) {
    const struct redisReply *name = reply->element[i];
    const struct redisReply *pairs = redis_field(reply->element[i + 1], "histogram_usec");
    if (is_text(name) && pairs && pairs->type == REDIS_REPLY_ARRAY)
      command_take(memory, name->str, pairs);
  }
  for (size_t i = 0; i < memory->bucket_count; i++) /* CONFIG RESETSTAT */
    reset = reset || memory->buckets[i].calls < memory->buckets[i].before;
  for (size_t i = 0; i < memory->bucket_count; i++)
    if (call->first)
      memory->buckets[i].base = memory->buckets[i].calls;
    else if (reset)
      memory->buckets[i].base = 0;
  memory->has_histogram = true;
  return true;
}

static struct value share_of(int64_t part, int64_t all) {
  return all > 0 ? value_real((double)part / (double)all) : value_none(NULL);
}

static void histogram_fill(const struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  int64_t all = 0, watched = 0;
  for (size_t i = 0; i < memory->bucket_count; i++) {
    all = count_add(all, memory->buckets[i].calls);
    watched = count_add(watched, memory->buckets[i].calls - memory->buckets[i].base);
  }
  for (size_t i = 0; memory->has_histogram && i < memory->bucket_count; i++) {
    const struct bucket *bucket = &memory->buckets[i];
    char key[32], name[COMMAND_NAME_MAX];
    snprintf(key, sizeof key, "%lld", (long long)bucket->up_to_us);
    struct row *row = sample_row(call->sample, sample_table(call->sample, histogram.id), key, NULL);
    if (!row)
      return;
    const int64_t grown = bucket->calls - bucket->base;
    snprintf(name, sizeof name, "%s", bucket->command);
    row->cells[BUCKET_LIMIT] = value_real((double)bucket->up_to_us / 1e6);
    row->cells[BUCKET_WATCHED] = call->first ? value_none(FIGURES_NEED_TWO) : value_int(grown);
    row->cells[BUCKET_SHARE] =
        call->first ? value_none(FIGURES_NEED_TWO) : share_of(grown, watched);
    row->cells[BUCKET_TOTAL] = value_int(bucket->calls);
    row->cells[BUCKET_TOTAL_SHARE] = share_of(bucket->calls, all);
    if (bucket->calls > 0)
      row->cells[BUCKET_COMMAND] = value_text(sample_copy(call->sample, name));
  }
}

/* ---- the tables */

static struct value ping_value(int64_t us, const char *none) {
  return us < 0 ? value_none(none) : value_real((double)us / 1e6);
}

static void summary_fill(const struct redis_page_call *call) {
  struct memory *memory = call->memory;
  struct row *row =
      sample_row(call->sample, sample_table(call->sample, summary.id), "latency", NULL);
  const char *busy = summary_columns[LATENCY_PING].none;
  if (!row)
    return;
  qsort(memory->pings, memory->ping_count, sizeof *memory->pings, compare_numbers);
  row->cells[LATENCY_PING] = ping_value(memory->pings[PINGS / 2], busy);
  row->cells[LATENCY_WORST] = ping_value(memory->pings[PINGS - 1], busy);
  row->cells[LATENCY_WATCHED_WORST] =
      ping_value(memory->worst_us > 0 ? memory->worst_us : -1, busy);
  row->cells[LATENCY_MONITOR] = memory->monitor_known
                                    ? ms_value(memory->monitor_ms)
                                    : value_none(summary_columns[LATENCY_MONITOR].none);
  row->cells[LATENCY_SLOW_LENGTH] = memory->slow_length < 0
                                        ? value_none(summary_columns[LATENCY_SLOW_LENGTH].none)
                                        : value_int(memory->slow_length);
  if (!memory->slower_known)
    row->cells[LATENCY_SLOW_THRESHOLD] = value_none(summary_columns[LATENCY_SLOW_THRESHOLD].none);
  else if (memory->slower_us >= 0)
    row->cells[LATENCY_SLOW_THRESHOLD] = value_real((double)memory->slower_us / 1e6);
}

static void finish(struct redis_page_call *call) {
  struct memory *memory = call->memory;
  summary_fill(call);
  histogram_fill(call);
  redis_page_sort(call, slow.id, SLOW_TIME);
  redis_page_sort(call, events.id, EVENT_LAST);
  if (memory->monitor_known && memory->monitor_ms <= 0)
    sample_note(call->sample, events.id, NULL,
                "no events are recorded: latency-monitor-threshold is 0; CONFIG SET "
                "latency-monitor-threshold 100 records those of 100ms and more");
  if (memory->slower_known && memory->slower_us < 0)
    sample_note(call->sample, slow.id, NULL,
                "no commands are logged: slowlog-log-slower-than is %lld; CONFIG SET "
                "slowlog-log-slower-than 10000 logs those of 10ms and more",
                (long long)memory->slower_us);
  if (call->version < 70000)
    sample_note(call->sample, histogram.id, NULL, "needs Redis 7.0");
}

/* ---- the page */

static const struct redis_page own = {
    .steps =
        (const struct redis_page_step[]){
            {.words = {"PING"},
             .right = "+ping",
             .read = ping_read,
             .refused = ping_refused,
             .again = ping_again},
            {.words = {"CONFIG", "GET", "latency-monitor-threshold"},
             .read = monitor_read,
             .refused = redis_page_ignored},
            {.words = {"CONFIG", "GET", "slowlog-log-slower-than"},
             .read = slower_read,
             .refused = redis_page_ignored},
            {.words = {"LATENCY", "LATEST"},
             .right = "+latency",
             .table = "events",
             .read = events_read},
            {.send = history_send, .right = "+latency", .table = "events", .read = history_read},
            {.words = {"SLOWLOG", "LEN"}, .read = length_read, .refused = redis_page_ignored},
            {.words = {"SLOWLOG", "GET", "128"},
             .right = "+slowlog",
             .table = "slow",
             .read = slow_read},
            {.words = {"LATENCY", "HISTOGRAM"},
             .version_min = 70000,
             .right = "+latency",
             .table = "histogram",
             .read = histogram_read},
            {0},
        },
    .memory = sizeof(struct memory),
    .begin = begin,
    .finish = finish,
};

static const struct page_sort sorts[] = {
    {"newest", "slow", "time"},
    {"slowest", "slow", "took"},
};

const struct page page_redis_latency = {
    .spec = {.id = "redis.latency",
             .kind = "redis",
             .title = "Latency",
             .question = "When was the server slow, and what made it slow?",
             .cost = "12 small commands every 2s, and 1 for each kind of event",
             .interval_ms = 2000,
             PAGE_TABLES(tables),
             PAGE_SORTS(sorts)},
    .watch = &redis_page_watch,
    .own = &own,
};
