#include "model/judge/finding.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* Limit of all findings: those of 4,096 targets and their tables, and a storm of rows. */
enum { ARENA_BYTES_MAX = 64 << 20 };

struct findings *findings_new(size_t bytes_max) {
  struct findings *findings = mem_new(sizeof *findings);
  arena_init(&findings->arena, ARENA_BYTES_MAX);
  findings->bytes_max = bytes_max;
  return findings;
}

void findings_free(struct findings *findings) {
  if (!findings)
    return;
  arena_fini(&findings->arena);
  free(findings->items);
  map_fini(&findings->rows);
  free(findings->row_keys);
  free(findings);
}

static const char *copy_or_null(struct arena *arena, const char *id) {
  return id ? arena_text(arena, id, strlen(id)) : NULL;
}

struct finding *findings_add(struct findings *findings, size_t target_index, const char *table,
                             const char *row, const char *column) {
  struct arena *arena = &findings->arena;
  if (findings->count == findings->capacity) {
    findings->capacity = findings->capacity ? findings->capacity * 2 : 16;
    findings->items = mem_resize(findings->items, findings->capacity * sizeof *findings->items);
  }
  struct finding *finding = &findings->items[findings->count++];
  *finding = (struct finding){.target_index = target_index,
                              .table = copy_or_null(arena, table),
                              .row = copy_or_null(arena, row),
                              .column = copy_or_null(arena, column),
                              .subject = "",
                              .sentence = ""};
  return finding;
}

bool findings_are_full(const struct findings *findings) {
  return findings->arena.used >= findings->bytes_max;
}

/* Compares two ids that may be NULL. */
static bool same(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

/* What identifies a row: the key of the index. */
struct finding_row {
  size_t target_index;
  const char *table, *row; /* or NULL */
};

static uint64_t row_hash(const void *key) {
  const struct finding_row *row = key;
  return map_hash_text(map_hash_text(map_hash_number(MAP_HASH, row->target_index), row->table),
                       row->row);
}

static bool row_same(const void *a, const void *b) {
  const struct finding_row *x = a, *y = b;
  return x->target_index == y->target_index && same(x->table, y->table) && same(x->row, y->row);
}

void findings_index(struct findings *findings) {
  map_fini(&findings->rows);
  findings->rows = (struct map){.hash = row_hash, .same = row_same};
  findings->row_keys = mem_resize(findings->row_keys, findings->count * sizeof *findings->row_keys);
  for (size_t i = findings->count; i-- > 0;) { /* so that the first comes first */
    struct finding *finding = &findings->items[i];
    struct finding_row *key = &findings->row_keys[i];
    *key = (struct finding_row){finding->target_index, finding->table, finding->row};
    struct map_slot *first = map_find(&findings->rows, key);
    finding->next = first ? first->value + 1 : 0;
    if (first)
      first->value = i;
    else
      map_add(&findings->rows, key, i);
  }
}

/* The first finding of that row, and the next one; without an index, all findings. */
static const struct finding *row_first(const struct findings *findings, size_t target_index,
                                       const char *table, const char *row) {
  if (findings->rows.count == 0)
    return findings->count > 0 ? &findings->items[0] : NULL;
  const struct map_slot *first =
      map_find(&findings->rows, &(struct finding_row){target_index, table, row});
  return first ? &findings->items[first->value] : NULL;
}

static const struct finding *row_next(const struct findings *findings,
                                      const struct finding *finding) {
  if (findings->rows.count > 0)
    return finding->next ? &findings->items[finding->next - 1] : NULL;
  return ++finding < findings->items + findings->count ? finding : NULL;
}

int finding_rank_compare(const struct finding_rank *x, const struct finding_rank *y) {
  if (x->pending != y->pending)
    return x->pending - y->pending;
  if (x->severity != y->severity)
    return (int)y->severity - (int)x->severity;
  if (x->harm != y->harm)
    return x->harm > y->harm ? -1 : 1;
  if (x->since_ms != y->since_ms)
    return x->since_ms < y->since_ms ? -1 : 1;
  if (x->target_index != y->target_index)
    return x->target_index < y->target_index ? -1 : 1;
  return 0;
}

static struct finding_rank rank_of(const struct finding *finding) {
  return (struct finding_rank){finding->pending, finding->severity, finding->harm,
                               finding->since_ms, finding->target_index};
}

static int finding_compare(const void *a, const void *b) {
  const struct finding *x = a, *y = b;
  const struct finding_rank first = rank_of(x), second = rank_of(y);
  const int order = finding_rank_compare(&first, &second);
  if (order != 0)
    return order;
  return strcmp(x->sentence, y->sentence);
}

void findings_order(struct findings *findings) {
  if (findings->count > 1)
    qsort(findings->items, findings->count, sizeof *findings->items, finding_compare);
  findings_index(findings);
}

bool finding_is_fault(const struct finding *finding) {
  return finding->column && strncmp(finding->column, "fault:", 6) == 0;
}

bool finding_is_cut(const struct finding *finding) {
  return finding->column && strncmp(finding->column, "cut:", 4) == 0;
}

bool finding_is_outage(const struct finding *finding) {
  return !finding->table && !finding_is_fault(finding);
}

bool finding_is_stale(const struct finding *finding) {
  return finding_is_outage(finding) && finding->column;
}

static enum severity target_state_worst(const struct findings *findings, size_t target_index,
                                        const char *table) {
  enum severity worst = SEVERITY_OK;
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    if (finding->target_index == target_index && !finding->pending &&
        (!table || same(finding->table, table)))
      worst = severity_worse(worst, finding->severity);
  }
  return worst;
}

bool findings_table_is_cut(const struct findings *findings, size_t target_index,
                           const char *table) {
  const struct finding *finding = row_first(findings, target_index, table, NULL);
  while (finding && (finding->target_index != target_index || !same(finding->table, table) ||
                     finding->row || !finding_is_cut(finding)))
    finding = row_next(findings, finding);
  return finding;
}

enum severity findings_row(const struct findings *findings, size_t target_index, const char *table,
                           const char *row) {
  if (!table || !row)
    return target_state_worst(findings, target_index, table);
  enum severity worst = SEVERITY_OK;
  const struct finding *finding = row_first(findings, target_index, table, row);
  for (; finding; finding = row_next(findings, finding))
    if (finding->target_index == target_index && !finding->pending && same(finding->table, table) &&
        same(finding->row, row))
      worst = severity_worse(worst, finding->severity);
  return worst == SEVERITY_OK && findings_table_is_cut(findings, target_index, table)
             ? SEVERITY_UNKNOWN
             : worst;
}

const struct finding *findings_find(const struct findings *findings, size_t target_index,
                                    const char *table, const char *row, const char *column) {
  const struct finding *finding = row_first(findings, target_index, table, row);
  while (finding && (finding->target_index != target_index || !same(finding->table, table) ||
                     !same(finding->row, row) || !same(finding->column, column)))
    finding = row_next(findings, finding);
  return finding;
}

enum severity findings_target_calling(const struct findings *findings, size_t target_index) {
  enum severity worst = SEVERITY_OK;
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    if (finding->target_index == target_index && !finding->pending && !finding->quiet)
      worst = severity_worse(worst, finding->severity);
  }
  return worst;
}

size_t findings_count(const struct findings *findings, enum severity severity) {
  size_t count = 0;
  for (size_t i = 0; i < findings->count; i++)
    count += !findings->items[i].pending && findings->items[i].severity == severity;
  return count;
}

size_t findings_count_quiet(const struct findings *findings, enum finding_quiet quiet) {
  size_t count = 0;
  for (size_t i = 0; i < findings->count; i++)
    count += !findings->items[i].pending && findings->items[i].quiet == quiet;
  return count;
}

size_t findings_count_calling(const struct findings *findings, enum severity severity) {
  size_t count = 0;
  for (size_t i = 0; i < findings->count; i++)
    count += finding_calls(&findings->items[i]) && findings->items[i].severity == severity;
  return count;
}

size_t findings_count_stale(const struct findings *findings) {
  size_t count = 0;
  for (size_t i = 0; i < findings->count; i++)
    count += finding_calls(&findings->items[i]) && finding_is_stale(&findings->items[i]);
  return count;
}

bool findings_count_is_least(const struct findings *findings, enum severity severity) {
  for (size_t i = 0; i < findings->count; i++) {
    const struct finding *finding = &findings->items[i];
    if (!finding->pending && finding->severity == severity && finding_is_cut(finding))
      return true;
  }
  return false;
}
