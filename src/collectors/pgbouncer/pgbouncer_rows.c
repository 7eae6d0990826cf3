/* From what was read to the tables of a sample. */
#include "clients/postgres/pgbouncer_contract.h"
#include "collectors/pgbouncer/pgbouncer_table.h"
#include "core/count.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct value text_or_none(struct sample *sample, const char *text) {
  return *text ? value_text(sample_copy(sample, text)) : value_none(NULL);
}

static bool is_known(const struct pgbouncer_found *found, enum pgbouncer_part part) {
  return found->errs[part].kind == ERR_NONE;
}

/* ---- sums */

static void add(int64_t *sum, int64_t count) {
  *sum = count > 0 ? count_add(*sum, count) : *sum;
}

/* One that is not known makes the sum unknown. */
static void add_known(int64_t *sum, int64_t count) {
  *sum = *sum < 0 || count < 0 ? PGBOUNCER_UNKNOWN : count_add(*sum, count);
}

static void sum_up(struct pgbouncer_found *found) {
  struct pgbouncer_totals *totals = &found->totals;
  struct pgbouncer_stats *sums = &found->sums;
  *totals = (struct pgbouncer_totals){.wait = 0};
  *sums = (struct pgbouncer_stats){.database = ""};
  for (size_t i = 0; i < found->pools.count; i++) {
    const struct pgbouncer_pool *pool = &found->pools.items[i];
    const double wait = pgbouncer_wait(pool);
    add(&totals->clients, pool->clients);
    add(&totals->waiting, pool->waiting);
    add(&totals->active, pool->active);
    add(&totals->idle, pool->idle);
    add(&totals->used, pool->used);
    add(&totals->login, pool->login);
    totals->wait = wait > totals->wait ? wait : totals->wait;
  }
  for (size_t i = 0; i < found->stats.count; i++) {
    const struct pgbouncer_stats *stats = &found->stats.items[i];
    add_known(&sums->xacts, stats->xacts);
    add_known(&sums->queries, stats->queries);
    add_known(&sums->received, stats->received);
    add_known(&sums->sent, stats->sent);
    add_known(&sums->query_us, stats->query_us);
    add_known(&sums->wait_us, stats->wait_us);
  }
}

/* ---- the process */

/* The growth of a time divided by that of a count: seconds each. */
static struct value average(const struct rates *rates, size_t time_us, size_t count) {
  if (rates->unknown)
    return value_none(rates->unknown);
  if (rates->from[time_us] < 0 || rates->from[count] < 0)
    return value_none(PGBOUNCER_UNSAID);
  if (rates->from[count] == 0)
    return value_none(NULL);
  return value_real((double)rates->from[time_us] / 1e6 / (double)rates->from[count]);
}

static struct value paused_value(struct sample *sample, const struct pgbouncer_found *found) {
  int64_t paused = 0;
  if (found->mode.suspended || found->mode.paused)
    return value_text(found->mode.suspended ? "suspended" : "all");
  if (!is_known(found, PART_DATABASES))
    return value_none(sample_copy(sample, found->errs[PART_DATABASES].text));
  for (size_t i = 0; i < found->databases.count; i++)
    paused += found->databases.items[i].paused > 0;
  if (paused > 0)
    return value_text(
        sample_printf(sample, "%" PRId64 " of %zu databases", paused, found->databases.count));
  return value_text(is_known(found, PART_MODE) ? "no" : "no database");
}

static const char *access_of(const struct pgbouncer_found *found) {
  return pgbouncer_is_admin(&found->config, found->user, found->address)
             ? PGBOUNCER_ACCESS_ADMIN
             : PGBOUNCER_ACCESS_READ_ONLY;
}

static void fill_summary(struct sample *sample, const struct pgbouncer_found *found,
                         struct pgbouncer_past *past, int64_t now_us) {
  struct row *row = sample_row(sample, &sample->tables[0], found->version, NULL);
  struct counters now = {.known = false};
  struct rates rates;
  if (!row)
    return;
  if (is_known(found, PART_STATS))
    counters_read(&now, &pgbouncer_summary_figures, found, now_us);
  rates_make(&rates, &past->before, &now);
  past->before = now;
  figures_fill(sample, row->cells, &pgbouncer_summary_figures, found, &rates);
  row->cells[SUMMARY_QUERY_TIME] = average(&rates, SUMMARY_QUERY_LOAD, SUMMARY_QUERIES);
  row->cells[SUMMARY_WAIT_TIME] = average(&rates, SUMMARY_WAIT_LOAD, SUMMARY_XACTS);
  row->cells[SUMMARY_PAUSED] = paused_value(sample, found);
  row->cells[SUMMARY_VERSION] = value_text(sample_copy(sample, found->version));
  row->cells[SUMMARY_ACCESS] = is_known(found, PART_CONFIG)
                                   ? value_text(access_of(found))
                                   : value_none(sample_copy(sample, found->errs[PART_CONFIG].text));
  if (found->mode.suspended || found->mode.paused) {
    row->severity = SEVERITY_WARN;
    row->reason = found->mode.suspended
                      ? "suspended: the clients of all databases wait until it is resumed"
                      : "paused: the clients of all databases wait until it is resumed";
  }
}

/* ---- pools and databases, the most harmful first */

struct entry {
  const char *name; /* a tie is broken by it */
  size_t index;
  const struct pgbouncer_database *database;
  struct pgbouncer_verdict verdict;
  int64_t waiting, active;
};

static int compare(const void *left, const void *right) {
  const struct entry *a = left, *b = right;
  if (a->verdict.severity != b->verdict.severity)
    return a->verdict.severity > b->verdict.severity ? -1 : 1;
  if (a->verdict.lasted_ms != b->verdict.lasted_ms)
    return a->verdict.lasted_ms > b->verdict.lasted_ms ? -1 : 1;
  if (a->waiting != b->waiting)
    return a->waiting > b->waiting ? -1 : 1;
  if ((a->active > 0) != (b->active > 0))
    return a->active > 0 ? -1 : 1;
  return strcmp(a->name, b->name);
}

/* A name that is listed twice gets its place in the answer. */
static const char *unique(struct map *names, struct sample *sample, const char *name,
                          size_t index) {
  while (!map_add(names, name, index))
    name = sample_printf(sample, "%s (row %zu)", name, index + 1);
  return name;
}

static struct row *add_row(struct sample *sample, struct table *table, const struct entry *entry) {
  struct row *row = sample_row(sample, table, entry->name, NULL);
  if (!row)
    return NULL;
  row->cells[0] = value_text(row->key);
  row->severity = entry->verdict.severity;
  row->lasted_ms = entry->verdict.lasted_ms;
  if (*entry->verdict.reason)
    row->reason = sample_copy(sample, entry->verdict.reason);
  return row;
}

static void fill_pool(struct sample *sample, struct row *row, const struct pgbouncer_pool *pool,
                      const struct pgbouncer_database *database) {
  const struct pgbouncer_pool_answer answer = {.pool = pool, .database = database};
  const double wait = pgbouncer_wait(pool);
  figures_fill(sample, row->cells, &pgbouncer_pool_figures, &answer, NULL);
  row->cells[POOL_WAIT] = wait < 0 ? value_none(PGBOUNCER_UNSAID) : value_real(wait);
}

static void fill_pools(struct sample *sample, const struct pgbouncer_found *found,
                       const struct map *databases, const struct pgbouncer_rules *rules,
                       struct pgbouncer_past *past, int64_t now_ms) {
  const struct pgbouncer_pools *pools = &found->pools;
  struct entry *entries = mem_new((pools->count + 1) * sizeof *entries);
  struct pgbouncer_memory next = {.since_ms = {.slots = NULL}};
  struct map names = {.slots = NULL};
  for (size_t i = 0; i < pools->count; i++) {
    const struct pgbouncer_pool *pool = &pools->items[i];
    const struct map_slot *slot = map_find(databases, pool->database);
    const char *key =
        unique(&names, sample, pgbouncer_pool_key(&sample->arena, pool->database, pool->user), i);
    entries[i] = (struct entry){.name = key,
                                .index = i,
                                .database = slot ? &found->databases.items[slot->value] : NULL,
                                .waiting = pool->waiting,
                                .active = pool->active};
    const struct pgbouncer_case of = {
        .pool = pool,
        .database = entries[i].database,
        .mode = is_known(found, PART_MODE) ? &found->mode : NULL,
        .unconnected = pgbouncer_memory_take(&past->memory, &next, pool, key, now_ms)};
    pgbouncer_judge_pool(&of, rules, &entries[i].verdict);
  }
  map_fini(&names);
  pgbouncer_memory_fini(&past->memory);
  past->memory = next;
  qsort(entries, pools->count, sizeof *entries, compare);
  for (size_t i = 0; i < pools->count; i++) {
    struct row *row = add_row(sample, &sample->tables[1], &entries[i]);
    if (!row)
      break;
    fill_pool(sample, row, &pools->items[entries[i].index], entries[i].database);
  }
  free(entries);
}

static void fill_database(struct sample *sample, struct row *row,
                          const struct pgbouncer_database *database,
                          const struct pgbouncer_stats *stats, const char *no_stats) {
  char place[PGBOUNCER_PLACE_MAX];
  const struct pgbouncer_database_answer answer = {
      .database = database, .stats = stats, .no_stats = no_stats};
  struct value *cells = row->cells;
  figures_fill(sample, cells, &pgbouncer_database_figures, &answer, NULL);
  cells[DATABASE_STATE] =
      database->paused < 0 || database->disabled < 0
          ? value_none(PGBOUNCER_UNSAID)
          : value_text(pgbouncer_state(database->paused > 0, database->disabled > 0));
  cells[DATABASE_SERVER] = value_text(
      sample_printf(sample, "%s/%s", pgbouncer_place(place, database), database->database));
  cells[DATABASE_LIMIT] = database->limit < 0    ? value_none(PGBOUNCER_UNSAID)
                          : database->limit == 0 ? value_none(NULL)
                                                 : value_int(database->limit);
  cells[DATABASE_MODE] = text_or_none(sample, database->mode);
  cells[DATABASE_USER] = text_or_none(sample, database->force_user);
}

static void fill_databases(struct sample *sample, const struct pgbouncer_found *found) {
  const struct pgbouncer_databases *databases = &found->databases;
  const char *no_stats =
      is_known(found, PART_STATS) ? NULL : sample_copy(sample, found->errs[PART_STATS].text);
  struct entry *entries = mem_new((databases->count + 1) * sizeof *entries);
  struct map stats = {.slots = NULL}, names = {.slots = NULL};
  for (size_t i = 0; i < found->stats.count; i++)
    map_add(&stats, found->stats.items[i].database, i);
  for (size_t i = 0; i < databases->count; i++) {
    const struct pgbouncer_database *database = &databases->items[i];
    entries[i] = (struct entry){.name = unique(&names, sample, database->name, i),
                                .index = i,
                                .active = database->connections};
    pgbouncer_judge_database(database, &entries[i].verdict);
  }
  qsort(entries, databases->count, sizeof *entries, compare);
  for (size_t i = 0; i < databases->count; i++) {
    struct row *row = add_row(sample, &sample->tables[2], &entries[i]);
    if (!row)
      break;
    const struct map_slot *slot = map_find(&stats, entries[i].name);
    fill_database(sample, row, &databases->items[entries[i].index],
                  slot ? &found->stats.items[slot->value] : NULL, no_stats);
  }
  map_fini(&stats);
  map_fini(&names);
  free(entries);
}

/* ---- notes */

static void fill_notes(struct sample *sample, const struct pgbouncer_found *found) {
  static const struct {
    enum pgbouncer_part part;
    const char *command;
    const struct table_spec *table;
  } parts[] = {
      {PART_CONFIG, "SHOW CONFIG", &pgbouncer_summary_table},
      {PART_DATABASES, "SHOW DATABASES", &pgbouncer_databases_table},
      {PART_STATS, "SHOW STATS", &pgbouncer_summary_table},
      {PART_LISTS, "SHOW LISTS", &pgbouncer_summary_table},
      {PART_MODE, "SHOW STATE", &pgbouncer_summary_table},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const struct err *err = &found->errs[parts[i].part];
    const bool is_old = err->kind == ERR_UNSUPPORTED && parts[i].part == PART_MODE;
    if (err->kind != ERR_NONE && !is_old) /* what is paused then says "no database" at most */
      sample_fault(sample, parts[i].table->id, SEVERITY_UNKNOWN, "%s failed: %s", parts[i].command,
                   err->text);
  }
  if (is_known(found, PART_CONFIG) && found->config.so_reuseport > 0)
    sample_note(sample, NULL, NULL,
                "so_reuseport is on: several processes may share the port, and the figures are "
                "those of the one that answered");
}

void pgbouncer_fill(struct sample *sample, struct pgbouncer_found *found,
                    const struct pgbouncer_rules *rules, struct pgbouncer_past *past,
                    int64_t now_us) {
  struct map databases = {.slots = NULL};
  sum_up(found);
  for (size_t i = 0; i < found->databases.count; i++)
    map_add(&databases, found->databases.items[i].name, i);
  fill_summary(sample, found, past, now_us);
  fill_pools(sample, found, &databases, rules, past, now_us / 1000);
  fill_databases(sample, found);
  fill_notes(sample, found);
  map_fini(&databases);
}
