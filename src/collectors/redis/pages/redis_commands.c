/* The page redis.commands: the commands by calls and time, and the errors, from INFO. */
#include "collectors/figures.h"
#include "collectors/redis/pages/redis_page.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/number.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum summary_column {
#include "redis_commands_summary.def"
  SUMMARY_COLUMN_COUNT
};
enum command_column {
#include "redis_commands.def"
  COMMAND_COLUMN_COUNT
};
enum error_column {
#include "redis_errors.def"
  ERROR_COLUMN_COUNT
};
#undef COLUMN

#define COLUMN(name, ...) [name] = {__VA_ARGS__},
static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#include "redis_commands_summary.def"
};
static const struct column_spec commands_columns[COMMAND_COLUMN_COUNT] = {
#include "redis_commands.def"
};
static const struct column_spec errors_columns[ERROR_COLUMN_COUNT] = {
#include "redis_errors.def"
};
#undef COLUMN

REDIS_PAGE_TABLE(summary, "summary", "Commands", TABLE_SUMMARY);
REDIS_PAGE_TABLE(commands, "commands", "Commands", 0);
REDIS_PAGE_TABLE(errors, "errors", "Error replies", 0);
static const struct table_spec *const tables[] = {&summary, &commands, &errors};

/* A server has about 500 commands; its modules choose the names of theirs, its scripts those of
 * errors. */
enum { ITEMS_MAX = 4096, NAME_MAX_BYTES = 128 };
enum counter { CALLS, TIME, REJECTED, FAILED, COUNTERS };

/* A command, or an error, which has CALLS only. Counters are -1 if not known. */
struct item {
  char name[NAME_MAX_BYTES];
  double now[COUNTERS], before[COUNTERS];
  double base[COUNTERS], end[COUNTERS]; /* at the beginning and the end of the window */
  double p50, p99, p999;                /* seconds; -1: not known */
  bool was_reset;                       /* in the window */
  uint32_t turn;                        /* in which it was last seen */
};

struct items {
  struct item **list;
  size_t count, capacity;
  struct map by_name;
};

struct memory {
  struct items commands, errors;
  uint32_t turn;
  int64_t before_us, now_us;
  bool resets; /* CONFIG RESETSTAT since the collection before */
};

/* ---- what is kept */

static void items_clear(struct items *items) {
  for (size_t i = 0; i < items->count; i++)
    free(items->list[i]);
  free(items->list);
  map_fini(&items->by_name);
  *items = (struct items){0};
}

static void forget(void *self) {
  struct memory *memory = self;
  items_clear(&memory->commands);
  items_clear(&memory->errors);
}

/* NULL: too many, or no name. */
static struct item *item_of(struct items *items, const char *name) {
  const struct map_slot *found = map_find(&items->by_name, name);
  if (found)
    return items->list[found->value];
  if (items->count == ITEMS_MAX || !*name || strlen(name) >= NAME_MAX_BYTES)
    return NULL;
  if (items->count == items->capacity) {
    items->capacity = items->capacity ? items->capacity * 2 : 64;
    items->list = mem_resize(items->list, items->capacity * sizeof *items->list);
  }
  struct item *item = mem_new(sizeof *item);
  snprintf(item->name, sizeof item->name, "%s", name);
  item->p50 = item->p99 = item->p999 = -1;
  items->list[items->count] = item;
  map_add(&items->by_name, item->name, items->count++);
  return item;
}

/* One that appears later was not called before: its base is 0. */
static void item_count(const struct redis_page_call *call, struct item *item,
                       const double now[COUNTERS]) {
  struct memory *memory = call->memory;
  const bool shrank = item->turn != 0 && now[CALLS] < item->now[CALLS];
  for (size_t i = 0; i < COUNTERS; i++) {
    item->before[i] = shrank ? 0 : item->now[i];
    item->now[i] = now[i];
    if (call->window->begins)
      item->base[i] = now[i];
    else if (shrank && call->window->moves)
      item->base[i] = 0;
    if (call->window->moves)
      item->end[i] = now[i];
  }
  if (call->window->moves)
    item->was_reset = !call->window->begins && (item->was_reset || shrank);
  memory->resets = memory->resets || (shrank && !call->first);
  item->turn = memory->turn;
}

/* CONFIG RESETSTAT sets all to 0, and those that are not used since then are not listed: one that
 * has shrunk or is missing tells it of all the others, too. */
static void items_reset(struct memory *memory, struct items *items) {
  for (size_t i = 0; i < items->count; i++)
    memory->resets = memory->resets || items->list[i]->turn + 1 == memory->turn;
  for (size_t i = 0; memory->resets && i < items->count; i++) {
    struct item *item = items->list[i];
    const bool missing = item->turn != memory->turn;
    for (size_t j = 0; j < COUNTERS; j++) {
      item->base[j] = item->before[j] = 0;
      item->now[j] = missing ? 0 : item->now[j];
    }
    item->was_reset = true;
  }
}

/* ---- reading */

/* A number of "calls=12,usec=3,usec_per_call=0.25"; -1: not known. */
static double number_of(const char *value, const char *name) {
  char text[40];
  double number;
  const char *word = redis_info_word(value, name);
  if (!word)
    return -1;
  snprintf(text, sizeof text, "%.*s", (int)strcspn(word, ","), word);
  return number_real(text, &number) && number >= 0 ? number : -1;
}

static double seconds_of(const char *value, const char *name) {
  const double us = number_of(value, name);
  return us < 0 ? -1 : us / 1e6;
}

/* "config|get" is a subcommand: "config get". */
static void name_make(char out[NAME_MAX_BYTES], const char *text) {
  snprintf(out, NAME_MAX_BYTES, "%s", text);
  for (char *bar = strchr(out, '|'); bar; bar = strchr(bar, '|'))
    *bar = ' ';
}

static void command_take(struct redis_page_call *call, const char *name, const char *value) {
  struct memory *memory = call->memory;
  struct item *item = item_of(&memory->commands, name);
  const double now[COUNTERS] = {[CALLS] = number_of(value, "calls"),
                                [TIME] = seconds_of(value, "usec"),
                                [REJECTED] = number_of(value, "rejected_calls"),
                                [FAILED] = number_of(value, "failed_calls")};
  if (item && now[CALLS] >= 0)
    item_count(call, item, now);
}

static void error_take(struct redis_page_call *call, const char *name, const char *value) {
  struct memory *memory = call->memory;
  struct item *item = item_of(&memory->errors, name);
  const double now[COUNTERS] = {[CALLS] = number_of(value, "count")};
  if (item && now[CALLS] >= 0)
    item_count(call, item, now);
}

static void latency_take(struct redis_page_call *call, const char *name, const char *value) {
  struct memory *memory = call->memory;
  const struct map_slot *found = map_find(&memory->commands.by_name, name);
  if (!found)
    return;
  struct item *item = memory->commands.list[found->value];
  item->p50 = seconds_of(value, "p50");
  item->p99 = seconds_of(value, "p99");
  item->p999 = seconds_of(value, "p99.9");
}

/* Calls take for each line whose key begins so. */
static bool
section_read(struct redis_page_call *call, const struct redisReply *reply, const char *prefix,
             void (*take)(struct redis_page_call *call, const char *name, const char *value)) {
  struct redis_info section = {0};
  const size_t length = strlen(prefix);
  if (reply->type != REDIS_REPLY_STRING)
    return false;
  redis_info_parse(&section, reply->str, reply->len);
  for (size_t i = 0; i < section.count; i++) {
    char name[NAME_MAX_BYTES];
    if (strncmp(section.lines[i].key, prefix, length) != 0)
      continue;
    name_make(name, section.lines[i].key + length);
    take(call, name, section.lines[i].value);
  }
  redis_info_fini(&section);
  return true;
}

static bool commands_read(struct redis_page_call *call, const struct redisReply *reply,
                          struct err *err) {
  struct memory *memory = call->memory;
  if (call->first)
    forget(memory);
  memory->turn++;
  memory->before_us = memory->now_us;
  memory->now_us = call->now_us;
  memory->resets = false;
  if (!section_read(call, reply, "cmdstat_", command_take))
    return false;
  if (!call->first)
    items_reset(memory, &memory->commands);
  if (memory->commands.count > 0)
    return true;
  return err_set(err, ERR_UNSUPPORTED,
                 "INFO commandstats is empty: a Sentinel and some proxies do not count commands");
}

static bool latencies_read(struct redis_page_call *call, const struct redisReply *reply,
                           struct err *err) {
  (void)err;
  return section_read(call, reply, "latency_percentiles_usec_", latency_take);
}

static bool errors_read(struct redis_page_call *call, const struct redisReply *reply,
                        struct err *err) {
  (void)err;
  if (!section_read(call, reply, "errorstat_", error_take))
    return false;
  if (!call->first)
    items_reset(call->memory, &((struct memory *)call->memory)->errors);
  return true;
}

/* ---- values */

static const char no_counts[] = "needs Redis 6.2";

static bool is_shown(const struct memory *memory, const struct item *item) {
  return item->turn == memory->turn;
}

static double grown(const struct item *item, enum counter counter) {
  return item->end[counter] < 0 ? -1 : item->end[counter] - item->base[counter];
}

static struct value count_value(double number) {
  if (number < 0)
    return value_none(no_counts);
  return number < 9e18 ? value_int((int64_t)number) : value_real(number);
}

static struct value watched_count(const struct redis_page_call *call, const struct item *item,
                                  enum counter counter) {
  if (call->window->begins)
    return value_none(FIGURES_NEED_TWO);
  const struct value value = count_value(grown(item, counter));
  return item->was_reset ? value_at_least(value) : value;
}

static struct value watched_time(const struct redis_page_call *call, const struct item *item) {
  if (call->window->begins)
    return value_none(FIGURES_NEED_TWO);
  const struct value value = value_real(grown(item, TIME));
  return item->was_reset ? value_at_least(value) : value;
}

static struct value mean_of(double time, double calls) {
  return time < 0 || calls <= 0 ? value_none(NULL) : value_real(time / calls);
}

/* Calls between the last two collections, per second. */
static struct value rate_of(const struct redis_page_call *call, const struct item *item) {
  const struct memory *memory = call->memory;
  const double seconds = (double)(memory->now_us - memory->before_us) / 1e6;
  if (call->first || seconds <= 0)
    return value_none(FIGURES_NEED_TWO);
  return value_real((item->now[CALLS] - item->before[CALLS]) / seconds);
}

static struct value percentile(const struct redis_page_call *call, double seconds) {
  if (seconds >= 0)
    return value_real(seconds);
  return value_none(call->version < 70000 ? "needs Redis 7.0"
                                          : "no call has ended yet, or latency-tracking is off");
}

static double time_watched(const struct memory *memory) {
  double sum = 0;
  for (size_t i = 0; i < memory->commands.count; i++)
    if (is_shown(memory, memory->commands.list[i]))
      sum += grown(memory->commands.list[i], TIME);
  return sum;
}

static void command_fill(const struct redis_page_call *call, struct table *table,
                         const struct item *item, double all) {
  struct row *row = sample_row(call->sample, table, item->name, NULL);
  if (!row)
    return;
  struct value *cells = row->cells;
  const double *now = item->now;
  cells[COMMAND_NAME] = value_text(row->key);
  cells[COMMAND_WATCHED_TIME] = watched_time(call, item);
  cells[COMMAND_SHARE] = call->window->begins ? value_none(FIGURES_NEED_TWO)
                         : all > 0            ? value_real(grown(item, TIME) / all)
                                              : value_none(NULL);
  cells[COMMAND_WATCHED_CALLS] = watched_count(call, item, CALLS);
  cells[COMMAND_RATE] = rate_of(call, item);
  cells[COMMAND_WATCHED_MEAN] = call->window->begins
                                    ? value_none(FIGURES_NEED_TWO)
                                    : mean_of(grown(item, TIME), grown(item, CALLS));
  cells[COMMAND_P50] = percentile(call, item->p50);
  cells[COMMAND_P99] = percentile(call, item->p99);
  cells[COMMAND_P999] = percentile(call, item->p999);
  cells[COMMAND_WATCHED_REJECTED] = watched_count(call, item, REJECTED);
  cells[COMMAND_WATCHED_FAILED] = watched_count(call, item, FAILED);
  cells[COMMAND_TOTAL_TIME] = value_real(now[TIME]);
  cells[COMMAND_TOTAL_CALLS] = count_value(now[CALLS]);
  cells[COMMAND_TOTAL_MEAN] = mean_of(now[TIME], now[CALLS]);
  cells[COMMAND_TOTAL_REJECTED] = count_value(now[REJECTED]);
  cells[COMMAND_TOTAL_FAILED] = count_value(now[FAILED]);
}

static void error_fill(const struct redis_page_call *call, struct table *table,
                       const struct item *item) {
  struct row *row = sample_row(call->sample, table, item->name, NULL);
  if (!row)
    return;
  row->cells[ERROR_NAME] = value_text(row->key);
  row->cells[ERROR_WATCHED] = watched_count(call, item, CALLS);
  row->cells[ERROR_RATE] = rate_of(call, item);
  row->cells[ERROR_TOTAL] = count_value(item->now[CALLS]);
}

static void summary_fill(const struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  struct row *row =
      sample_row(call->sample, sample_table(call->sample, summary.id), "commands", NULL);
  const double seconds = (double)(memory->now_us - memory->before_us) / 1e6;
  double calls = 0, time = 0;
  int64_t count = 0, uptime;
  if (!row)
    return;
  for (size_t i = 0; i < memory->commands.count; i++) {
    const struct item *item = memory->commands.list[i];
    if (!is_shown(memory, item))
      continue;
    count++;
    calls += item->now[CALLS] - item->before[CALLS];
    time += item->now[TIME] - item->before[TIME];
  }
  PAGE_WINDOW_FILL(row->cells, COMMANDS, call->window);
  row->cells[COMMANDS_RATE] =
      call->first ? value_none(FIGURES_NEED_TWO) : value_real(calls / seconds);
  row->cells[COMMANDS_BUSY] =
      call->first ? value_none(FIGURES_NEED_TWO) : value_real(time / seconds);
  row->cells[COMMANDS_COUNT] = value_int(count);
  row->cells[COMMANDS_UPTIME] = redis_info_count(call->info, "uptime_in_seconds", &uptime)
                                    ? value_int(uptime)
                                    : value_none("not reported by INFO");
}

static int compare(const void *a, const void *b) {
  const struct item *left = *(struct item *const *)a, *right = *(struct item *const *)b;
  const double x = left->now[TIME] > 0 ? left->now[TIME] : left->now[CALLS] / 1e12;
  const double y = right->now[TIME] > 0 ? right->now[TIME] : right->now[CALLS] / 1e12;
  return x != y ? (x > y ? -1 : 1) : strcmp(left->name, right->name);
}

/* A copy of the list, the most time first. */
static struct item **sorted(const struct items *items) {
  struct item **list = mem_new((items->count + 1) * sizeof *list);
  if (items->count > 0)
    memcpy(list, items->list, items->count * sizeof *list);
  qsort(list, items->count, sizeof *list, compare);
  return list;
}

static void finish(struct redis_page_call *call) {
  struct memory *memory = call->memory;
  struct item **list = sorted(&memory->commands);
  const double all = time_watched(memory);
  summary_fill(call);
  for (size_t i = 0; i < memory->commands.count; i++)
    if (is_shown(memory, list[i]))
      command_fill(call, sample_table(call->sample, commands.id), list[i], all);
  free(list);
  list = sorted(&memory->errors);
  for (size_t i = 0; i < memory->errors.count; i++)
    if (is_shown(memory, list[i]))
      error_fill(call, sample_table(call->sample, errors.id), list[i]);
  free(list);
  if (call->version < 60200)
    sample_note(call->sample, errors.id, NULL, "error replies are counted by Redis 6.2 or newer");
  if (call->window->begins)
    sample_note(call->sample, commands.id, commands_columns[COMMAND_WATCHED_TIME].id,
                "TIME, CALLS, MEAN and SHARE count from now on: they need two collections");
  if (call->cluster)
    sample_note(call->sample, NULL, NULL,
                "only this node of the cluster: other nodes have counters of their own");
}

/* ---- the page */

static const struct redis_page own = {
    .steps =
        (const struct redis_page_step[]){
            {.words = {"INFO", "commandstats"}, .right = "+info", .read = commands_read},
            {.words = {"INFO", "latencystats"},
             .version_min = 70000,
             .right = "+info",
             .table = "commands",
             .read = latencies_read},
            {.words = {"INFO", "errorstats"},
             .version_min = 60200,
             .right = "+info",
             .table = "errors",
             .read = errors_read},
            {0},
        },
    .memory = sizeof(struct memory),
    .finish = finish,
    .forget = forget,
};

static const struct page_sort sorts[] = {
    {"time now", "commands", "watched_time"},
    {"calls now", "commands", "watched_calls"},
    {"slowest", "commands", "total_mean"},
    {"total time", "commands", "total_time"},
};

const struct page page_redis_commands = {
    .spec = {.id = "redis.commands",
             .kind = "redis",
             .title = "Commands",
             .question = "Which commands take the time, and which fail?",
             .windows = true,
             .cost = "4 INFO commands every 5s",
             .interval_ms = 5000,
             PAGE_TABLES(tables),
             PAGE_SORTS(sorts)},
    .watch = &redis_page_watch,
    .own = &own,
};
