#include "collectors/fleet/fleet_rows.h"

#include "core/mem.h"
#include "core/text/format.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct column_spec columns[SUMMARY_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "fleet_summary.def"
#undef COLUMN
};
static const struct table_spec summary_table = {.id = FLEET_SUMMARY_TABLE,
                                                .title = "Fleet",
                                                .flags = TABLE_SUMMARY,
                                                .columns = columns,
                                                .column_count = SUMMARY_COLUMN_COUNT};

const struct table_spec *const fleet_tables[FLEET_TABLES] = {&summary_table, &fleet_hosts_table,
                                                             &fleet_mounts_table};

/* What a host is sorted by. */
static double disk_of(const struct fleet_host *host) {
  const struct fleet_mount *fullest = host->state == FLEET_UP ? fleet_fullest(host) : NULL;
  return fullest ? fleet_mount_used(fullest) : -1;
}

static int rank_of(const struct fleet_host *host) {
  static const int ranks[] = {
      [FLEET_DOWN] = 0, [FLEET_GONE] = 1, [FLEET_UNKNOWN] = 2, [FLEET_UP] = 3};
  return ranks[host->state];
}

static int compare(const void *a, const void *b) {
  const struct fleet_host *x = *(const struct fleet_host *const *)a;
  const struct fleet_host *y = *(const struct fleet_host *const *)b;
  if (rank_of(x) != rank_of(y))
    return rank_of(x) - rank_of(y);
  const double left = disk_of(x), right = disk_of(y);
  if (left != right)
    return left < right ? 1 : -1;
  return strcmp(x->label, y->label);
}

/* ---- the summary */

struct worst {
  const struct fleet_host *host;
  double value;
};

static void take(struct worst *worst, const struct fleet_host *host, double value) {
  if (!isnan(value) && (!worst->host || value > worst->value))
    *worst = (struct worst){host, value};
}

static struct value worst_cell(struct sample *sample, const struct worst *worst,
                               const char *detail) {
  char share[FORMAT_MAX];
  if (!worst->host)
    return value_none("no host has it");
  format_value(share, sizeof share, value_real(worst->value), UNIT_RATIO, false);
  return value_text(
      sample_printf(sample, "%s%s%s %s", worst->host->label, *detail ? ":" : "", detail, share));
}

static double memory_of(const struct fleet_facts *facts) {
  return facts->memory_total > 0 && facts->memory_available <= facts->memory_total
             ? 1 - facts->memory_available / facts->memory_total
             : NAN;
}

struct totals {
  int64_t states[FLEET_GONE + 1];
  struct worst cpu, memory, disk;
  double cpu_sum, oldest_s;
  size_t cpu_count;
};

static void totals_make(struct totals *totals, const struct fleet_found *found) {
  *totals = (struct totals){.oldest_s = NAN};
  for (size_t i = 0; i < found->count; i++) {
    const struct fleet_host *host = &found->hosts[i];
    struct fleet_shares shares;
    totals->states[host->state]++;
    if (host->state != FLEET_UP)
      continue;
    if (fleet_shares_make(&host->facts, &shares)) {
      take(&totals->cpu, host, shares.used);
      totals->cpu_sum += shares.used;
      totals->cpu_count++;
    }
    take(&totals->memory, host, memory_of(&host->facts));
    take(&totals->disk, host, disk_of(host) < 0 ? NAN : disk_of(host));
    if (!isnan(host->age_s) && !(host->age_s <= totals->oldest_s))
      totals->oldest_s = host->age_s;
  }
}

/* One sentence before those of the hosts: an outage of many has one cause. */
static void judge_outage(struct sample *sample, struct row *row, const struct fleet_found *found,
                         int64_t down) {
  enum { OUTAGE_MIN = 5 };
  if (down < OUTAGE_MIN && (down < 2 || down < (int64_t)found->count))
    return;
  row->severity = SEVERITY_CRIT;
  row->reason =
      sample_printf(sample, "%lld of %zu hosts do not answer", (long long)down, found->count);
}

static void fill_summary(struct sample *sample, const struct fleet_found *found, size_t mounts) {
  struct row *row = sample_row(sample, &sample->tables[0], found->name, NULL);
  struct totals totals;
  assert(row); /* one row fits into any ceiling */
  struct value *cells = row->cells;
  totals_make(&totals, found);
  cells[SUMMARY_NAME] = value_text(row->key);
  cells[SUMMARY_HOSTS] = value_int((int64_t)found->count);
  cells[SUMMARY_UP] = value_int(totals.states[FLEET_UP]);
  cells[SUMMARY_DOWN] = value_int(totals.states[FLEET_DOWN] + totals.states[FLEET_GONE]);
  judge_outage(sample, row, found, cells[SUMMARY_DOWN].integer);
  cells[SUMMARY_UNKNOWN] = value_int(totals.states[FLEET_UNKNOWN]);
  cells[SUMMARY_CPU] = totals.cpu_count > 0 ? value_real(totals.cpu_sum / (double)totals.cpu_count)
                                            : value_none("no host has it");
  cells[SUMMARY_CPU_WORST] = worst_cell(sample, &totals.cpu, "");
  cells[SUMMARY_MEMORY_WORST] = worst_cell(sample, &totals.memory, "");
  cells[SUMMARY_MOUNT_WORST] = worst_cell(
      sample, &totals.disk, totals.disk.host ? fleet_fullest(totals.disk.host)->point : "");
  cells[SUMMARY_MOUNTS] = value_int((int64_t)mounts);
  cells[SUMMARY_AGE] =
      isnan(totals.oldest_s) ? value_none("no host is up") : value_real(totals.oldest_s);
  cells[SUMMARY_TOOK] = value_real(found->took_s);
  cells[SUMMARY_SOURCE] = value_text(sample_copy(sample, found->source));
}

/* ---- the sample */

static void fill_hosts(struct sample *sample, const struct fleet_found *found) {
  const struct fleet_host **order = mem_new((found->count + 1) * sizeof *order);
  struct map seen = {.slots = NULL};
  for (size_t i = 0; i < found->count; i++)
    order[i] = &found->hosts[i];
  qsort(order, found->count, sizeof *order, compare);
  for (size_t i = 0; i < found->count; i++) {
    struct row *row = map_add(&seen, order[i]->key, i)
                          ? sample_row(sample, &sample->tables[1], order[i]->key, NULL)
                          : NULL;
    if (row)
      fleet_host_fill(sample, row, found, order[i]);
  }
  map_fini(&seen);
  free(order);
}

/* A machine with two addresses would be counted twice. */
static void note_repeated(struct sample *sample, const struct fleet_found *found) {
  struct map seen = {.slots = NULL};
  const char *first = NULL;
  size_t repeated = 0;
  for (size_t i = 0; i < found->count; i++) {
    const struct fleet_facts *facts = &found->hosts[i].facts;
    if (!facts->hostname || isnan(facts->boot_s) ||
        map_add(&seen, sample_printf(sample, "%s %.0f", facts->hostname, facts->boot_s), i))
      continue;
    first = repeated++ == 0 ? facts->hostname : first;
  }
  map_fini(&seen);
  if (repeated > 0)
    sample_note(sample, FLEET_HOSTS_TABLE, NULL,
                "%zu host%s the host name and the start time of another (%.100s): is one listed "
                "twice?",
                repeated, repeated == 1 ? " has" : "s have", first);
}

struct sample *fleet_sample(const struct fleet_found *found) {
  struct sample *sample = sample_new(fleet_tables, FLEET_TABLES);
  fill_hosts(sample, found);
  const size_t mounts = fleet_mounts_fill(sample, &sample->tables[2], found);
  fill_summary(sample, found, mounts);
  note_repeated(sample, found);
  sample->server = sample_copy(sample, found->source);
  return sample;
}
