/* The page redis.memory: prefixes of keys by memory, from a paced scan of the database, the biggest
 * and the most used keys, and where the server's memory goes.
 *
 * The scan continues from collection to collection, never above its budget, and pauses while the
 * server answers slowly. The tables say how much of the database they cover. */
#include "clients/redis/redis_contract.h"
#include "collectors/redis/pages/redis_page.h"
#include "collectors/redis/pages/redis_prefixes.h"
#include "collectors/redis/pages/redis_top.h"
#include "core/mem.h"
#include "core/number.h"
#include "core/text/format.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name, ...) name,
enum summary_column {
#include "redis_memory_summary.def"
  SUMMARY_COLUMN_COUNT
};
enum prefix_column {
#include "redis_memory_prefixes.def"
  PREFIX_COLUMN_COUNT
};
enum key_column {
#include "redis_memory_keys.def"
  KEY_COLUMN_COUNT
};
enum hot_column {
#include "redis_memory_hot.def"
  HOT_COLUMN_COUNT
};
#undef COLUMN

#define COLUMN(name, ...) [name] = {__VA_ARGS__},
static const struct column_spec summary_columns[SUMMARY_COLUMN_COUNT] = {
#include "redis_memory_summary.def"
};
static const struct column_spec prefixes_columns[PREFIX_COLUMN_COUNT] = {
#include "redis_memory_prefixes.def"
};
static const struct column_spec keys_columns[KEY_COLUMN_COUNT] = {
#include "redis_memory_keys.def"
};
static const struct column_spec hot_columns[HOT_COLUMN_COUNT] = {
#include "redis_memory_hot.def"
};
#undef COLUMN

REDIS_PAGE_TABLE(summary, "summary", "Memory", TABLE_SUMMARY);
REDIS_PAGE_TABLE(prefixes, "prefixes", "Prefixes", 0);
REDIS_PAGE_TABLE(keys, REDIS_KEYS_TABLE, "Biggest keys", 0);
REDIS_PAGE_TABLE(hot, REDIS_HOT_TABLE, "Hot keys", 0);
static const struct table_spec *const tables[] = {&summary, &prefixes, &keys, &hot};

enum {
  BATCH_MAX = 100, /* keys of a SCAN; names of megabytes make an answer too large: then fewer */
  CURSOR_MAX = 24,
  SLOW_TIMES = 4, /* the scan pauses above so many times the lowest round trip */
  SLOW_MARGIN_US = 10000,
  CATCH_UP_MS = 2000, /* budget of a longer interval is lost */
};

struct name {
  char *bytes;
  size_t length;
  int64_t memory, ttl_ms, frequency; /* -1: not known, or it does not expire */
  bool gone, withheld;               /* withheld: not a key that the user may read */
};

struct memory {
  struct redis_prefixes prefixes;
  struct redis_top biggest, hottest;
  char cursor[CURSOR_MAX]; /* "0" at first */
  char next[CURSOR_MAX];   /* once the names of this SCAN are looked at; "0": it is complete */
  bool complete, paused;
  bool no_usage, no_ttl, no_frequency; /* not allowed */
  bool lfu;                            /* the server counts how often keys are used */
  int64_t total;                       /* DBSIZE; -1: not known */
  int64_t lowest_us, round_trip_us;
  int64_t budget, last_us; /* keys left in this collection */
  size_t batch;            /* keys of the next SCAN */
  bool running;            /* a collection has begun, and not ended */
  struct name *names;
  size_t name_count;
  bool looks;                                /* the step's commands are about `names`: */
  bool asks_usage, asks_ttl, asks_frequency; /* these of each */
  int64_t withheld;                          /* keys that the user may not read */

  double dataset, overhead, clients, backlog; /* MEMORY STATS; -1: not known */
};

static void names_free(struct memory *memory) {
  for (size_t i = 0; i < memory->name_count; i++)
    free(memory->names[i].bytes);
  free(memory->names);
  memory->names = NULL;
  memory->name_count = 0;
}

static void forget(void *self) {
  struct memory *memory = self;
  names_free(memory);
  redis_prefixes_fini(&memory->prefixes);
  redis_top_fini(&memory->biggest);
  redis_top_fini(&memory->hottest);
}

static void begin(struct redis_page_call *call) {
  struct memory *memory = call->memory;
  const int64_t rate = target_number(call->target, REDIS_SCAN_RATE_OPTION);
  const char *policy = redis_info_text(call->info, "maxmemory_policy");
  names_free(memory);
  if (call->first) { /* also after a restart of the server: other keys, another cursor */
    forget(memory);
    *memory = (struct memory){.batch = BATCH_MAX, .last_us = call->now_us - 1000000};
    snprintf(memory->cursor, sizeof memory->cursor, "0");
  }
  int64_t since_ms = (call->now_us - memory->last_us) / 1000;
  if (since_ms > CATCH_UP_MS)
    since_ms = CATCH_UP_MS;
  memory->budget = (rate > 0 ? rate : 1000) * since_ms / 1000;
  memory->last_us = call->now_us;
  if (memory->running) /* the one before did not end: its answers may be too large */
    memory->batch = memory->batch > 4 ? memory->batch / 4 : 1;
  memory->running = true;
  memory->lfu = policy && strstr(policy, "-lfu");
  memory->looks = memory->paused = false;
  memory->total = memory->round_trip_us = -1;
  memory->dataset = memory->overhead = memory->clients = memory->backlog = -1;
}

/* ---- how fast the server answers */

static bool is_slow(struct memory *memory, int64_t us) {
  if (us < 0)
    return false;
  if (memory->lowest_us == 0 || us < memory->lowest_us)
    memory->lowest_us = us;
  return us > SLOW_TIMES * memory->lowest_us + SLOW_MARGIN_US;
}

static bool size_read(struct redis_page_call *call, const struct redisReply *reply,
                      struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  memory->total = redis_number(reply);
  memory->round_trip_us = call->answer_us;
  memory->paused = is_slow(memory, call->answer_us);
  return true;
}

/* ---- the server's memory */

static double stat_of(const struct redisReply *reply, const char *name) {
  const int64_t number = redis_number(redis_field(reply, name));
  return number < 0 ? -1 : (double)number;
}

static bool stats_read(struct redis_page_call *call, const struct redisReply *reply,
                       struct err *err) {
  struct memory *memory = call->memory;
  (void)err;
  memory->dataset = stat_of(reply, "dataset.bytes");
  memory->overhead = stat_of(reply, "overhead.total");
  memory->clients = stat_of(reply, "clients.normal");
  memory->backlog = stat_of(reply, "replication.backlog");
  return true;
}

/* ---- the scan: SCAN, then what its keys are, until the budget is used */

static bool scan_send(struct redis_page_call *call, struct err *err) {
  struct memory *memory = call->memory;
  char count[24];
  const size_t batch =
      (int64_t)memory->batch < memory->budget ? memory->batch : (size_t)memory->budget;
  if (memory->complete || memory->paused || memory->budget <= 0)
    return true;
  memory->looks = false;
  snprintf(count, sizeof count, "%zu", batch);
  return redis_page_send(call, 4, (const char *const[]){"SCAN", memory->cursor, "COUNT", count},
                         NULL, err);
}

/* What is denied is not asked again: each refusal is in the server's ACL LOG and its statistics. */
static bool look_send(struct redis_page_call *call, struct err *err) {
  struct memory *memory = call->memory;
  memory->looks = true;
  for (size_t i = 0; i < memory->name_count; i++) {
    const struct name *name = &memory->names[i];
    if (memory->asks_usage &&
        !redis_page_send(call, 5,
                         (const char *const[]){"MEMORY", "USAGE", name->bytes, "SAMPLES", "5"},
                         (const size_t[]){6, 5, name->length, 7, 1}, err))
      return false;
    if (memory->asks_ttl && !redis_page_send(call, 2, (const char *const[]){"PTTL", name->bytes},
                                             (const size_t[]){4, name->length}, err))
      return false;
    if (memory->asks_frequency &&
        !redis_page_send(call, 3, (const char *const[]){"OBJECT", "FREQ", name->bytes},
                         (const size_t[]){6, 4, name->length}, err))
      return false;
  }
  return true;
}

static bool next_send(struct redis_page_call *call, struct err *err) {
  const struct memory *memory = call->memory;
  return memory->name_count > 0 ? look_send(call, err) : scan_send(call, err);
}

static void names_take(struct memory *memory) {
  for (size_t i = 0; i < memory->name_count; i++) {
    const struct name *name = &memory->names[i];
    if (name->gone)
      continue;
    memory->withheld += name->withheld;
    redis_prefixes_add(&memory->prefixes, name->bytes, name->length, name->memory,
                       name->withheld ? REDIS_TTL_UNKNOWN : name->ttl_ms);
    redis_top_add(&memory->biggest, name->bytes, name->length, name->memory, name->memory,
                  name->ttl_ms);
    redis_top_add(&memory->hottest, name->bytes, name->length, name->frequency, name->memory,
                  name->ttl_ms);
  }
  names_free(memory);
}

static bool scan_read(struct redis_page_call *call, const struct redisReply *reply) {
  struct memory *memory = call->memory;
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
      reply->element[0]->type != REDIS_REPLY_STRING ||
      reply->element[0]->len >= sizeof memory->next || reply->element[1]->type != REDIS_REPLY_ARRAY)
    return false;
  const struct redisReply *list = reply->element[1];
  snprintf(memory->next, sizeof memory->next, "%s", reply->element[0]->str);
  memory->paused = is_slow(memory, call->answer_us);
  /* a table that is being enlarged returns fewer or more than it was asked for; none at all also
   * costs */
  const int64_t cost = (int64_t)(list->elements > memory->batch ? list->elements : memory->batch);
  memory->budget -= cost;
  memory->names = mem_new((list->elements + 1) * sizeof *memory->names);
  for (size_t i = 0; i < list->elements; i++) {
    const struct redisReply *item = list->element[i];
    if (item->type != REDIS_REPLY_STRING)
      continue;
    struct name *name = &memory->names[memory->name_count++];
    name->bytes = mem_new(item->len + 1);
    memcpy(name->bytes, item->str, item->len);
    name->length = item->len;
    name->memory = name->ttl_ms = name->frequency = -1;
  }
  memory->asks_usage = !memory->no_usage;
  memory->asks_ttl = !memory->no_ttl;
  memory->asks_frequency = memory->lfu && !memory->no_frequency;
  if (!memory->asks_usage && !memory->asks_ttl && !memory->asks_frequency)
    names_take(memory);
  return true;
}

/* In the order of look_send. */
enum look { LOOK_MEMORY, LOOK_TTL, LOOK_FREQUENCY };

/* The key that the answer is about, and what of it. */
static struct name *name_of(const struct redis_page_call *call, enum look *look) {
  const struct memory *memory = call->memory;
  const bool asks[] = {memory->asks_usage, memory->asks_ttl, memory->asks_frequency};
  const size_t each = (size_t)asks[0] + asks[1] + asks[2];
  size_t at = each > 0 ? call->index % each : 0;
  for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
    if (asks[i] && at-- == 0)
      *look = (enum look)i;
  return each > 0 && call->index / each < memory->name_count ? &memory->names[call->index / each]
                                                             : NULL;
}

static bool scan_or_look_read(struct redis_page_call *call, const struct redisReply *reply,
                              struct err *err) {
  const struct memory *memory = call->memory;
  enum look look = LOOK_MEMORY;
  struct name *name = memory->looks ? name_of(call, &look) : NULL;
  (void)err;
  if (!memory->looks)
    return scan_read(call, reply);
  if (!name)
    return false;
  if (look == LOOK_MEMORY) {
    name->memory = redis_number(reply);
    name->gone = name->gone || reply->type == REDIS_REPLY_NIL;
  } else if (look == LOOK_FREQUENCY) {
    name->frequency = redis_number(reply);
  } else {
    name->ttl_ms = redis_number(reply); /* -1: it does not expire; -2: it is gone */
    name->gone = name->gone || (reply->type == REDIS_REPLY_INTEGER && reply->integer == -2);
  }
  return true;
}

/* Of single keys. A command that is not allowed is not known of any of them; a key that was moved
 * to another node does not count. The policy may have changed since INFO: then only the frequency
 * is not known. */
static bool look_refused(struct redis_page_call *call, const struct err *err) {
  struct memory *memory = call->memory;
  enum look look = LOOK_MEMORY;
  struct name *name = memory->looks ? name_of(call, &look) : NULL;
  if (!name)
    return false;
  if (err->kind == ERR_DENIED && redis_refusal_of_key(err))
    name->withheld = true;
  else if (look == LOOK_FREQUENCY)
    memory->no_frequency = memory->no_frequency || err->kind == ERR_DENIED;
  else if (err->kind != ERR_DENIED && !redis_refusal_moved(err))
    return false; /* of a cluster that is down, keys are not gone */
  else if (err->kind != ERR_DENIED)
    name->gone = true;
  else if (look == LOOK_MEMORY)
    memory->no_usage = true;
  else
    memory->no_ttl = true;
  return true;
}

static bool again(struct redis_page_call *call) {
  struct memory *memory = call->memory;
  if (!memory->looks && memory->name_count > 0)
    return true;
  names_take(memory);
  memory->looks = false;
  memcpy(memory->cursor, memory->next, sizeof memory->cursor);
  memory->complete = strcmp(memory->cursor, "0") == 0;
  return !memory->complete && !memory->paused && memory->budget > 0;
}

/* ---- the tables */

static const char no_key[] = "needs READ on these keys: ~pattern";

/* Of keys, some of which may not be known. */
static struct value bytes_or_none(const struct memory *memory, int64_t count, int64_t unmeasured,
                                  struct value value) {
  if (memory->no_usage)
    return value_none(prefixes_columns[PREFIX_BYTES].none);
  if (unmeasured == count)
    return value_none(no_key);
  return unmeasured > 0 ? value_at_least(value) : value;
}

static struct value ttl_or_none(const struct memory *memory, const struct redis_prefix *prefix,
                                struct value value) {
  if (memory->no_ttl)
    return value_none(prefixes_columns[PREFIX_TTL].none);
  return prefix->untimed == prefix->keys ? value_none(no_key) : value;
}

static void prefix_fill(const struct redis_page_call *call, const struct redis_prefix *prefix) {
  const struct memory *memory = call->memory;
  const struct redis_prefixes *all = &memory->prefixes;
  struct row *row = sample_row(call->sample, sample_table(call->sample, prefixes.id), prefix->name,
                               prefix->parent ? prefix->parent->name : NULL);
  if (!row || prefix->keys == 0)
    return;
  struct value *cells = row->cells;
  const double whole = memory->total > all->keys ? (double)memory->total : (double)all->keys;
  const double part = memory->complete ? 1 : whole / (double)all->keys;
  const double bytes = (double)prefix->bytes;
  const int64_t keys_now = prefix->keys, unknown = prefix->unmeasured;
  const int64_t measured = keys_now - unknown, timed = keys_now - prefix->untimed;
  cells[PREFIX_NAME] = value_text(row->key);
  cells[PREFIX_BYTES] = bytes_or_none(memory, keys_now, unknown, value_int(prefix->bytes));
  cells[PREFIX_SHARE] = all->bytes > 0 ? bytes_or_none(memory, keys_now, unknown,
                                                       value_real(bytes / (double)all->bytes))
                                       : value_none(NULL);
  if (all->bytes > 0 && all->unmeasured > 0 && cells[PREFIX_SHARE].type != VALUE_NONE)
    cells[PREFIX_SHARE] = value_none(no_key); /* the memory of all is not known */
  cells[PREFIX_ESTIMATE] =
      memory->total < 0 && !memory->complete
          ? value_none("needs +dbsize")
          : bytes_or_none(memory, keys_now, unknown, value_int((int64_t)(bytes * part)));
  cells[PREFIX_KEYS] = value_int(keys_now);
  cells[PREFIX_MEAN] = measured > 0 ? value_real(bytes / (double)measured)
                                    : bytes_or_none(memory, keys_now, unknown, value_none(NULL));
  cells[PREFIX_EXPIRING] = ttl_or_none(
      memory, prefix, value_real((double)prefix->expiring / (double)(timed ? timed : 1)));
  if (prefix->expiring > 0)
    cells[PREFIX_TTL] = value_real(prefix->ttl_s / (double)prefix->expiring);
  else
    cells[PREFIX_TTL] = ttl_or_none(memory, prefix, value_none(NULL));
}

/* Those of the first level first of all; each has as many of the second level as there is room. */
static void prefixes_fill(const struct redis_page_call *call) {
  struct memory *memory = call->memory;
  const struct redis_prefixes *all = &memory->prefixes;
  const size_t limit = call->focus->rows ? call->focus->rows : PAGE_ROWS_DEFAULT;
  size_t tops = 0, children = 0, shown = 0;
  redis_prefixes_sort(&memory->prefixes);
  for (size_t i = 0; i < all->count; i++)
    tops += !all->items[i]->parent;
  const size_t each = tops > 0 && tops < limit ? (limit - tops) / tops : 0;
  tops = 0;
  for (size_t i = 0; i < all->count; i++) {
    const struct redis_prefix *prefix = all->items[i];
    children = prefix->parent ? children + 1 : 0;
    tops += !prefix->parent;
    if (tops > limit || children > each)
      continue;
    prefix_fill(call, prefix);
    shown++;
  }
  if (all->count > shown)
    sample_note(call->sample, prefixes.id, NULL,
                "%zu of %zu shown: those with the most memory, of the second level at most %zu of "
                "each",
                shown, all->count, each);
}

/* One whose name is too long to be a key of a row has no page. */
static struct row *top_row(const struct redis_page_call *call, const struct table_spec *spec,
                           const struct redis_top *top, size_t place) {
  const struct redis_top_key *key = &top->keys[place];
  return sample_row(call->sample, sample_table(call->sample, spec->id),
                    key->name ? key->name : sample_printf(call->sample, "\\#%zu", place), NULL);
}

static void biggest_fill(const struct redis_page_call *call, const struct redis_top *top,
                         size_t place) {
  const struct redis_top_key *key = &top->keys[place];
  struct row *row = top_row(call, &keys, top, place);
  if (!row)
    return;
  row->cells[KEY_NAME] = value_text(sample_copy(call->sample, key->shown));
  row->cells[KEY_BYTES] = value_int(key->bytes);
  if (key->ttl_ms >= 0)
    row->cells[KEY_TTL] = value_real((double)key->ttl_ms / 1e3);
}

static void hot_fill(const struct redis_page_call *call, const struct redis_top *top,
                     size_t place) {
  const struct redis_top_key *key = &top->keys[place];
  struct row *row = top_row(call, &hot, top, place);
  if (!row)
    return;
  row->cells[HOT_NAME] = value_text(sample_copy(call->sample, key->shown));
  row->cells[HOT_FREQUENCY] = value_int(key->figure);
  row->cells[HOT_BYTES] =
      key->bytes < 0 ? value_none(hot_columns[HOT_BYTES].none) : value_int(key->bytes);
  if (key->ttl_ms >= 0)
    row->cells[HOT_TTL] = value_real((double)key->ttl_ms / 1e3);
}

/* The only row where the server does not count, or does not tell. */
static void hot_missing(const struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  const char *policy = redis_info_text(call->info, "maxmemory_policy");
  struct row *row =
      sample_row(call->sample, sample_table(call->sample, hot.id), REDIS_HOT_NO_KEY, NULL);
  if (!row)
    return;
  row->cells[HOT_NAME] = value_text(
      memory->lfu
          ? sample_printf(call->sample, "needs a right: ACL SETUSER %.60s +object|freq", call->user)
          : sample_printf(call->sample,
                          "not counted with maxmemory-policy %.40s: allkeys-lfu or volatile-lfu is "
                          "needed",
                          policy ? policy : "of this server"));
  for (size_t i = HOT_FREQUENCY; i < HOT_COLUMN_COUNT; i++)
    row->cells[i] =
        value_none(memory->lfu ? "needs +object|freq" : hot_columns[HOT_FREQUENCY].none);
}

/* "12,000 of about 80,000 keys, 15%" */
static const char *state_text(const struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  char seen[FORMAT_MAX], total[FORMAT_MAX + 16], now[FORMAT_MAX], lowest[FORMAT_MAX];
  format_count(seen, sizeof seen, memory->prefixes.keys);
  if (memory->complete)
    return sample_printf(call->sample, "complete: %s keys", seen);
  if (memory->total < 0)
    snprintf(total, sizeof total, "an unknown number of");
  else
    snprintf(total, sizeof total, "about %s", format_count(now, sizeof now, memory->total));
  if (!memory->paused)
    return sample_printf(call->sample, "%s of %s keys", seen, total);
  format_duration(now, sizeof now, (double)memory->round_trip_us / 1e6);
  format_duration(lowest, sizeof lowest, (double)memory->lowest_us / 1e6);
  return sample_printf(call->sample, "paused at %s of %s keys: round trip %s, at best %s", seen,
                       total, now, lowest);
}

static struct value real_or_none(double number, enum summary_column column) {
  return number < 0 ? value_none(summary_columns[column].none) : value_int((int64_t)number);
}

static void summary_fill(const struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  struct row *row =
      sample_row(call->sample, sample_table(call->sample, summary.id), "memory", NULL);
  int64_t number;
  double ratio;
  if (!row)
    return;
  struct value *cells = row->cells;
  const int64_t seen = memory->prefixes.keys;
  cells[MEMORY_STATE] = value_text(state_text(call));
  cells[MEMORY_SCANNED] = value_int(seen);
  cells[MEMORY_KEYS] = memory->total >= 0 ? value_int(memory->total) : value_none("needs +dbsize");
  if (memory->complete)
    cells[MEMORY_SHARE] = value_real(1);
  else if (memory->total > 0)
    cells[MEMORY_SHARE] =
        value_real(seen < memory->total ? (double)seen / (double)memory->total : 1);
  cells[MEMORY_USED] = redis_info_count(call->info, "used_memory", &number)
                           ? value_int(number)
                           : value_none("not reported by INFO");
  cells[MEMORY_DATASET] = real_or_none(memory->dataset, MEMORY_DATASET);
  cells[MEMORY_OVERHEAD] = real_or_none(memory->overhead, MEMORY_OVERHEAD);
  cells[MEMORY_CLIENTS] = real_or_none(memory->clients, MEMORY_CLIENTS);
  cells[MEMORY_BACKLOG] = real_or_none(memory->backlog, MEMORY_BACKLOG);
  cells[MEMORY_FRAGMENTATION] = redis_info_real(call->info, "mem_fragmentation_ratio", &ratio)
                                    ? value_real(ratio)
                                    : value_none(summary_columns[MEMORY_FRAGMENTATION].none);
  cells[MEMORY_PEAK] = redis_info_count(call->info, "used_memory_peak", &number)
                           ? value_int(number)
                           : value_none(summary_columns[MEMORY_PEAK].none);
  cells[MEMORY_ROUND_TRIP] = memory->round_trip_us >= 0
                                 ? value_real((double)memory->round_trip_us / 1e6)
                                 : value_none(summary_columns[MEMORY_ROUND_TRIP].none);
}

/* Which keys the tables are not about. */
static void notes_add(const struct redis_page_call *call) {
  const struct memory *memory = call->memory;
  char others[160] = "";
  for (size_t i = 0; i < call->info->count; i++) {
    const int db = redis_info_index(call->info->lines[i].key, "db");
    const size_t used = strlen(others);
    if (db >= 0 && db != call->db && used < sizeof others - 24)
      snprintf(others + used, sizeof others - used, "%sdb%d", used ? ", " : "", db);
  }
  if (*others)
    sample_note(call->sample, prefixes.id, NULL,
                "keys of database %d only; others with keys: %s (the target's url names the "
                "database)",
                call->db, others);
  if (call->cluster)
    sample_note(call->sample, prefixes.id, NULL,
                "keys of this node only: the other nodes of the cluster have others");
  if (memory->no_usage)
    sample_note(call->sample, prefixes.id, NULL,
                "memory needs a right: ACL SETUSER %.60s +memory|usage; keys are only counted",
                call->user);
  if (memory->no_ttl)
    sample_note(call->sample, prefixes.id, prefixes_columns[PREFIX_TTL].id,
                "times to live need a right: ACL SETUSER %.60s +pttl", call->user);
  if (memory->withheld > 0)
    sample_note(
        call->sample, prefixes.id, NULL,
        "%lld keys are only counted: they need a right: ACL SETUSER %.60s %%R~pattern (before "
        "Redis 7.0 ~pattern)",
        (long long)memory->withheld, call->user);
}

static void finish(struct redis_page_call *call) {
  struct memory *memory = call->memory;
  summary_fill(call);
  prefixes_fill(call);
  for (size_t i = 0; i < memory->biggest.count; i++)
    biggest_fill(call, &memory->biggest, i);
  redis_page_sort(call, keys.id, KEY_BYTES);
  if (!memory->complete && memory->prefixes.keys == 0)
    sample_fault(call->sample, keys.id, SEVERITY_UNKNOWN, "no key has been looked at yet");
  for (size_t i = 0; memory->lfu && i < memory->hottest.count; i++)
    hot_fill(call, &memory->hottest, i);
  if (!memory->lfu || (memory->no_frequency && memory->hottest.count == 0))
    hot_missing(call);
  redis_page_sort(call, hot.id, HOT_FREQUENCY);
  notes_add(call);
  memory->running = false;
}

/* ---- the page */

static const struct redis_page own = {
    .steps =
        (const struct redis_page_step[]){
            {.words = {"DBSIZE"}, .read = size_read, .refused = redis_page_ignored},
            {.words = {"MEMORY", "STATS"}, .read = stats_read, .refused = redis_page_ignored},
            {.send = next_send,
             .right = "+scan +memory|usage +pttl ~*",
             .table = "prefixes",
             .read = scan_or_look_read,
             .refused = look_refused,
             .again = again},
            {0},
        },
    .memory = sizeof(struct memory),
    .begin = begin,
    .finish = finish,
    .forget = forget,
};

static const struct page_sort sorts[] = {
    {"memory", "prefixes", "bytes"},
    {"keys", "prefixes", "keys"},
    {"biggest keys", REDIS_KEYS_TABLE, "bytes"},
    {"hot keys", REDIS_HOT_TABLE, "frequency"},
};

const struct page page_redis_memory = {
    .spec = {.id = "redis.memory",
             .kind = "redis",
             .title = "Memory",
             .question = "Which prefixes and keys take memory, which are hot?",
             .cost = "scans all keys, scan_rate (1,000) a second; pauses if slow",
             .costly = true,
             .interval_ms = 1000,
             PAGE_TABLES(tables),
             PAGE_SORTS(sorts)},
    .watch = &redis_page_watch,
    .own = &own,
};
